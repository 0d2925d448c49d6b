"""Logging in, refreshing, and ending sessions; a refresh token is used once."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from integration.accounts.conftest import Desk, OpenDesk
from integration.accounts.people import Person, problem
from sqlalchemy import text

from chassis.access import AccessTokens
from chassis.signing import KeySet, verify

INVALID = (401, "refresh-token-invalid")


async def test_an_access_token_says_who_it_is_and_what_they_may_do(desk: Desk) -> None:
    ada = await desk.verified()
    before = int(time.time())
    await ada.login()
    keys = KeySet((await desk.http.get("/.well-known/jwks.json")).json())

    claims = verify(ada.tokens["access_token"], keys, "at+jwt", "rowlock", "https://rowlock.local")

    assert claims["roles"] == ["buyer"]
    assert claims["organizations"] == {}
    assert claims["email_fingerprint"] == desk.app.state.fingerprints.email(ada.email)
    assert claims["sid"] == ada.tokens["session_id"]
    assert claims["client_id"] == "rowlock"
    assert before <= claims["auth_time"] <= claims["iat"]
    assert claims["exp"] - claims["iat"] == ada.tokens["expires_in_s"] == 300
    assert claims["jti"] != verify((await ada.refresh()).json()["access_token"], keys, "at+jwt", "rowlock",
                                   "https://rowlock.local")["jti"]  # fmt: skip
    assert ada.email not in str(claims)
    principal = await AccessTokens(desk.settings, keys).principal(ada.tokens["access_token"])
    assert (principal.subject, principal.session_id) == (claims["sub"], claims["sid"])


async def test_a_login_is_refused_without_saying_why(desk: Desk) -> None:
    ada, waiting = await desk.verified(), desk.person()
    await waiting.register()

    for refused in (
        await ada.try_login(password="another password"),
        await waiting.try_login(),
        await desk.person().try_login(),
    ):
        assert problem(refused) == (401, "credentials-wrong")
        assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_tokens_are_never_cached(ada: Person) -> None:
    for answer in (await ada.try_login(), await ada.refresh()):
        assert answer.headers["cache-control"] == "no-store"


async def test_a_refresh_gives_the_next_pair_and_the_session_goes_on(ada: Person) -> None:
    for _ in range(3):
        before = ada.tokens
        answer = await ada.refresh()
        ada.tokens = answer.json()
        assert answer.status_code == 200
        assert ada.tokens["session_id"] == before["session_id"]
        assert ada.tokens["refresh_token"] != before["refresh_token"]
        assert (await ada.get("/accounts/me")).status_code == 200


async def test_the_same_refresh_again_gets_the_same_answer(ada: Person) -> None:
    first = await ada.refresh(key="k1")
    again = await ada.refresh(key="k1")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotent-replay"] == "true"
    ada.tokens = first.json()
    assert (await ada.refresh()).status_code == 200


async def test_a_refresh_token_used_twice_ends_its_family(ada: Person, desk: Desk) -> None:
    at_home = await ada.elsewhere().login()
    stolen = ada.tokens["refresh_token"]
    newest = (await ada.refresh()).json()["refresh_token"]

    assert problem(await ada.refresh(stolen)) == INVALID

    assert problem(await ada.refresh(newest)) == INVALID
    assert (await at_home.refresh()).status_code == 200, "another login is another family"
    sessions = (await at_home.get("/sessions")).json()["items"]
    assert [session["session_id"] for session in sessions] == [at_home.tokens["session_id"]]


async def test_an_old_token_of_a_long_chain_ends_its_family_too(ada: Person) -> None:
    first = ada.tokens["refresh_token"]
    for _ in range(4):
        ada.tokens = (await ada.refresh()).json()

    assert problem(await ada.refresh(first)) == INVALID
    assert problem(await ada.refresh()) == INVALID


async def test_of_twenty_refreshes_at_the_same_instant_one_wins_and_the_family_ends(ada: Person) -> None:
    answers = await asyncio.gather(*(ada.refresh() for _ in range(20)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([200] + [401] * 19, [401] * 20)
    for answer in answers:
        if answer.status_code == 200:
            assert problem(await ada.refresh(answer.json()["refresh_token"])) == INVALID
    assert (await ada.get("/sessions")).json()["items"] == []


async def test_of_twenty_equal_refreshes_at_the_same_instant_none_steals_from_another(ada: Person) -> None:
    """A client that sends its own request again is no thief: the Idempotency-Key tells."""
    answers = await asyncio.gather(*(ada.refresh(key="k1") for _ in range(20)))

    good = [answer.json() for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert good
    assert all(answer == good[0] for answer in good)
    ada.tokens = (await ada.refresh(key="k1")).json()
    assert (await ada.refresh()).status_code == 200


async def test_a_refresh_and_a_logout_at_the_same_instant_leave_no_session(desk: Desk) -> None:
    for _ in range(10):
        ada = await (await desk.verified()).login()
        refreshed, ended = await asyncio.gather(ada.refresh(), ada.send("DELETE", "/sessions/current"))
        assert ended.status_code == 204
        assert refreshed.status_code in (200, 401)
        if refreshed.status_code == 200:
            assert problem(await ada.refresh(refreshed.json()["refresh_token"])) == INVALID
        assert (await ada.get("/sessions")).json()["items"] == []


@pytest.mark.parametrize("token", ["x", "A" * 43, "not-one-of-ours"])
async def test_a_made_up_refresh_token_is_refused(desk: Desk, token: str) -> None:
    assert problem(await desk.person().refresh(token)) == INVALID


async def test_a_session_ends_when_it_is_not_refreshed_for_long(ada: Person, desk: Desk) -> None:
    expires_at = datetime.fromisoformat(ada.tokens["refresh_expires_at"])
    assert timedelta(days=29) < expires_at - datetime.now(UTC) <= timedelta(days=30)
    async with desk.db.transaction() as tx:
        await tx.execute(text("UPDATE accounts.refresh_tokens SET expires_at = now()"))

    assert problem(await ada.refresh()) == INVALID


async def test_no_session_outlives_its_longest_time_however_often_it_is_refreshed(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(session_s_max=3600) as desk:
        ada = await (await desk.verified()).login()
        first = ada.tokens["refresh_expires_at"]
        ada.tokens = (await ada.refresh()).json()
        assert ada.tokens["refresh_expires_at"] == first
        async with desk.db.transaction() as tx:
            statement = "UPDATE accounts.sessions SET authenticated_at = now() - interval '2 h', last_used_at = now() - interval '2 h', ends_at = now()"
            await tx.execute(text(statement))

        assert problem(await ada.refresh()) == INVALID
        assert (await ada.get("/sessions")).json()["items"] == []


async def test_a_person_sees_and_ends_their_own_sessions(desk: Desk) -> None:
    ada, eve = await desk.verified(), await (await desk.verified()).login()
    phone = await ada.elsewhere().login(device_name="Phone")
    laptop = await ada.elsewhere().login(device_name="Laptop")

    listed = (await laptop.get("/sessions")).json()["items"]
    assert [(item["device_name"], item["current"]) for item in listed] == [("Laptop", True), ("Phone", False)]
    path = f"/sessions/{phone.tokens['session_id']}"
    assert problem(await eve.send("DELETE", path)) == (404, "session-not-found")
    assert (await phone.refresh(key="k")).status_code == 200
    assert (await laptop.send("DELETE", path)).status_code == 204
    assert problem(await laptop.send("DELETE", path)) == (404, "session-not-found")
    assert problem(await phone.refresh()) == INVALID
    assert (await laptop.refresh()).status_code == 200


async def test_logging_out_here_ends_this_session_only(ada: Person) -> None:
    elsewhere = await ada.elsewhere().login()

    assert (await ada.send("DELETE", "/sessions/current")).status_code == 204

    assert problem(await ada.refresh()) == INVALID
    assert (await elsewhere.refresh()).status_code == 200


async def test_logging_out_everywhere_ends_every_session(ada: Person, desk: Desk) -> None:
    elsewhere, eve = await ada.elsewhere().login(), await (await desk.verified()).login()

    assert (await elsewhere.send("DELETE", "/sessions")).status_code == 204

    for person in (ada, elsewhere):
        assert problem(await person.refresh()) == INVALID
    assert (await eve.refresh()).status_code == 200


async def test_one_session_too_many_ends_the_one_unused_longest(open_desk: OpenDesk) -> None:
    async with open_desk(sessions_per_account_max=2) as desk:
        ada = await desk.verified()
        first, second = await ada.elsewhere().login(), await ada.elsewhere().login()
        first.tokens = (await first.refresh()).json()
        await ada.login()

        assert problem(await second.refresh()) == INVALID
        assert (await first.refresh()).status_code == 200


async def test_no_token_can_be_read_in_the_database(ada: Person, desk: Desk) -> None:
    ada.tokens = (await ada.refresh()).json()
    async with desk.db.snapshot() as connection:
        for table in ("refresh_tokens", "sessions", "idempotency", "accounts", "mail_requests"):
            rows = str((await connection.execute(text(f"SELECT {table}::text FROM accounts.{table}"))).all())
            for secret in (ada.tokens["refresh_token"], ada.tokens["access_token"], ada.email, ada.password):
                assert secret not in rows
                assert secret.encode().hex() not in rows


async def test_an_operators_token_belongs_to_no_account(desk: Desk, mint_token) -> None:
    import json

    from joserfc.jwk import OKPKey

    key = OKPKey.import_key(json.loads(mint_token.private_key.read_text()))
    desk.app.state.access_tokens = AccessTokens(desk.settings, KeySet({"keys": [key.as_dict(private=False)]}))
    otto = desk.person(tokens={"access_token": mint_token("operator", subject="otto")})

    assert problem(await otto.get("/accounts/me")) == (403, "forbidden")
    assert problem(await otto.send("DELETE", "/sessions")) == (403, "forbidden")


async def test_limits_of_logins_count_by_address_and_by_email(open_desk: OpenDesk) -> None:
    async with open_desk(logins_per_address="6/60s", logins_per_email="2/60s") as desk:
        ada, unknown = await desk.verified(), desk.person()
        answers = {
            name: [(await person.try_login(password="wrong, wrong")).status_code for _ in range(3)]
            for name, person in {"ada": ada, "unknown": unknown}.items()
        }
        another = await desk.person().try_login()

    assert answers == {"ada": [401, 401, 429], "unknown": [401, 401, 429]}
    assert problem(another) == (429, "too-many-requests")
    assert 1 <= int(another.headers["retry-after"]) <= 10
