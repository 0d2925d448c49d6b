"""One's own account: reading, renaming, exporting and erasing it."""

import asyncio
import json
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from integration.accounts.conftest import Desk, OpenDesk
from integration.accounts.people import Person, problem
from sqlalchemy import text


async def test_a_name_can_be_changed_and_taken_away(ada: Person) -> None:
    for name in ("Ada King", None):
        answer = await ada.send("PATCH", "/accounts/me", {"name": name})
        assert (answer.status_code, answer.json()["name"]) == (200, name)
        assert (await ada.get("/accounts/me")).json() == answer.json()


async def test_only_the_name_can_be_changed(ada: Person) -> None:
    for body in ({"name": "Ada", "roles": ["operator"]}, {"email": "eve@example.org"}, {}, {"name": ""}):
        assert (await ada.send("PATCH", "/accounts/me", body)).status_code == 422


async def test_without_a_token_nothing_of_an_account_is_told(desk: Desk) -> None:
    nobody = desk.person()
    for method, path in (
        ("GET", "/accounts/me"),
        ("PATCH", "/accounts/me"),
        ("DELETE", "/accounts/me"),
        ("PUT", "/accounts/me/password"),
        ("GET", "/accounts/me/export"),
        ("GET", "/sessions"),
        ("DELETE", "/sessions"),
        ("DELETE", "/sessions/current"),
        ("DELETE", f"/sessions/{uuid.uuid4()}"),
    ):
        assert problem(await nobody.send(method, path, {})) == (401, "unauthenticated"), (method, path)


async def whole_schema(desk: Desk) -> str:
    """Every row of every table as text."""
    async with desk.db.snapshot() as connection:
        tables = await connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'accounts' ORDER BY 1")
        )
        dumps = [
            (table, (await connection.execute(text(f"SELECT t::text FROM accounts.{table} AS t"))).all())
            for table in tables.all()
        ]
    return json.dumps(dumps, default=str)


async def test_an_erased_person_leaves_nothing_behind(ada: Person, desk: Desk) -> None:
    eve = await (await desk.verified()).login()
    await ada.refresh()
    account_id = (await ada.get("/accounts/me")).json()["account_id"]
    await ada.send("PATCH", "/accounts/me", {"name": "Ada King"})
    await ada.send("POST", "/accounts/password-resets", {"email": ada.email})

    assert (await ada.send("DELETE", "/accounts/me", key="erase")).status_code == 204

    fingerprint = desk.app.state.fingerprints.email(ada.email)
    messages = await desk.mailbox.messages()
    assert messages[-1] == ("account_erased", {"account_id": account_id, "email_fingerprint": fingerprint})
    async with desk.db.transaction() as tx:
        await tx.execute(text("DELETE FROM accounts.outbox"))  # as the relay does
        answers = await tx.execute(text("SELECT scope, key, status FROM accounts.idempotency ORDER BY key"))
        of_ada = [row for row in answers if row.scope in (account_id, fingerprint)]
    assert [(row.key, row.status) for row in of_ada] == [("erase", 204)]
    left = (await whole_schema(desk)).replace(f"({account_id},erase,", "")
    assert account_id not in left
    assert fingerprint not in left
    assert ada.tokens["session_id"] not in left
    assert (await eve.refresh()).status_code == 200


async def test_an_erased_person_can_do_nothing_more_and_may_register_anew(ada: Person, desk: Desk) -> None:
    await ada.send("DELETE", "/accounts/me")

    assert problem(await ada.get("/accounts/me")) == (404, "account-not-found")
    assert problem(await ada.refresh()) == (401, "refresh-token-invalid")
    assert problem(await ada.elsewhere().try_login()) == (401, "credentials-wrong")
    again = await desk.verified(ada.email)
    assert (await again.login()).tokens


async def test_mails_to_an_erased_person_are_not_sent(ada: Person, desk: Desk) -> None:
    await ada.send("POST", "/accounts/password-resets", {"email": ada.email})
    account_id = (await ada.get("/accounts/me")).json()["account_id"]
    headers = {"Internal-Api-Key": desk.mailbox.internal_key}
    contact = f"/internal/accounts/{account_id}/contact"
    assert (await desk.http.get(contact, headers=headers)).json() == {"email": ada.email, "name": "Ada"}

    await ada.send("DELETE", "/accounts/me")

    assert await desk.mailbox.mails_to(ada.email) == []
    assert problem(await desk.http.get(contact, headers=headers)) == (410, "gone")


async def test_erasing_needs_a_login_of_the_last_minutes_and_a_session_that_goes_on(
    ada: Person, open_desk: OpenDesk
) -> None:
    async with open_desk(fresh_login_s=1) as desk:
        async with desk.db.transaction() as tx:
            await tx.execute(
                text("UPDATE accounts.sessions SET authenticated_at = authenticated_at - interval '2 s'")
            )
        late = Person(desk.http, desk.mailbox, ada.email, tokens=(await ada.refresh()).json())
        assert problem(await late.send("DELETE", "/accounts/me")) == (403, "login-too-old")
    await ada.send("DELETE", "/sessions/current")
    assert problem(await ada.send("DELETE", "/accounts/me")) == (401, "session-over")
    assert (await ada.elsewhere().login()).tokens


async def test_an_erasure_beside_logins_and_refreshes_fails_nobody_and_leaves_no_session(desk: Desk) -> None:
    for _ in range(6):
        ada = await (await desk.verified()).login()
        others = [await ada.elsewhere().login() for _ in range(2)]
        erased, *answers = await asyncio.gather(
            ada.send("DELETE", "/accounts/me"),
            *(other.refresh() for other in others),
            *(ada.elsewhere().try_login() for _ in range(2)),
        )
        assert erased.status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 201, 401}
        async with desk.db.snapshot() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM accounts.sessions")) == 0


@pytest.fixture
def elsewhere():
    """Another service: answers with what `kept` says, by path, and remembers the keys it was shown."""
    kept: dict[str, object] = {}
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys.append(self.headers["Internal-Api-Key"])
            self.send_response_only(200 if self.path in kept else 500)
            self.end_headers()
            self.wfile.write(json.dumps(kept.get(self.path)).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", kept, keys
    server.shutdown()


async def test_an_export_has_all_that_is_kept_here_and_elsewhere(elsewhere, open_desk: OpenDesk) -> None:
    url, kept, keys = elsewhere
    async with open_desk(orders_url=url, notifications_url="") as desk:
        ada = await (await desk.verified()).login(device_name="Laptop")
        me = (await ada.get("/accounts/me")).json()
        kept[f"/internal/people/{me['account_id']}/export"] = {"orders": [{"order_id": "o1"}]}

        export = (await ada.get("/accounts/me/export")).json()

    assert export["account"] == me
    assert [session["device_name"] for session in export["sessions"]] == ["Laptop"]
    assert export["elsewhere"] == {"orders": {"orders": [{"order_id": "o1"}]}}
    assert keys == [desk.mailbox.internal_key]


async def test_half_an_export_is_none(elsewhere, open_desk: OpenDesk) -> None:
    url, _, _ = elsewhere
    async with open_desk(orders_url=url) as desk:
        ada = await (await desk.verified()).login()
        answer = await ada.get("/accounts/me/export")

    assert problem(answer) == (503, "export-incomplete")
    assert int(answer.headers["retry-after"]) > 0
    assert "127.0.0.1" not in answer.text


async def test_internal_routes_need_the_internal_key(desk: Desk, ada: Person) -> None:
    for path in (f"/internal/mails/{uuid.uuid4()}", f"/internal/accounts/{uuid.uuid4()}/contact"):
        for headers in (
            {},
            {"Internal-Api-Key": "guessed"},
            {"Authorization": f"Bearer {ada.tokens['access_token']}"},
        ):
            assert problem(await desk.http.get(path, headers=headers)) == (401, "unauthenticated")
        headers = {"Internal-Api-Key": desk.mailbox.internal_key}
        assert problem(await desk.http.get(path, headers=headers)) == (410, "gone")
