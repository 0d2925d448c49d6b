"""Buying without an account: the hold token is the only right, the key finds the hold again, a cap by address."""

import asyncio
import secrets
import uuid
from typing import Any

import httpx
import pytest
from integration.reservation.conftest import Person
from integration.reservation.scene import LIMITS, Scene, names_of, outcomes, plan_document
from sqlalchemy import text

from chassis.signing import KeySet, verify
from reservation.app import create_app
from reservation.settings import Settings
from reservation.usecases.expire_holds import expire_holds
from support.tokens import MintToken, SigningKeys

KEY = "ZmY0NTYtNDU2ZDQ1NmY0NQ"  # 22 characters
CAP = LIMITS.active_holds_per_guest_address_max


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].removeprefix("/problems/")


def seat(event: uuid.UUID, *seat_ids: str) -> dict[str, Any]:
    return {"event_id": str(event), "seat_ids": list(seat_ids or ("0-0",))}


async def test_a_guest_holds_seats_and_the_token_is_the_right_to_them(
    scene: Scene, anonymous: Person, stranger: Person
) -> None:
    event = await scene.put_on_sale()
    answer = await anonymous.ask("POST", "/holds", seat(event, "0-0", "0-1"))
    assert answer.status_code == 201, answer.text
    hold = answer.json()
    path, token = f"/holds/{hold['hold_id']}", hold["hold_token"]
    assert (await anonymous.ask("GET", path, Hold_Token=token)).json() == hold
    assert problem(await anonymous.ask("GET", path)) == (401, "unauthenticated")
    assert problem(await stranger.ask("GET", path)) == (404, "hold-not-found")
    renewed = (await anonymous.ask("POST", f"{path}/renewals", Hold_Token=token)).json()
    assert renewed["renewals_left"] == hold["renewals_left"] - 1
    left = await anonymous.ask("DELETE", f"{path}/seats/0-1", Hold_Token=token)
    assert [one["seat_id"] for one in left.json()["seats"]] == ["0-0"]
    assert (await anonymous.ask("DELETE", path, Hold_Token=token)).status_code == 204


async def test_whoever_signs_in_uses_a_guests_hold_by_its_token_only(
    scene: Scene, anonymous: Person, buyer: Person
) -> None:
    event = await scene.put_on_sale()
    hold = (await anonymous.ask("POST", "/holds", seat(event))).json()
    path = f"/holds/{hold['hold_id']}"
    assert problem(await buyer.ask("GET", path)) == (404, "hold-not-found")
    assert (await buyer.ask("GET", path, Hold_Token=hold["hold_token"])).status_code == 200


async def test_no_identity_is_the_right_to_a_guests_hold(
    scene: Scene, anonymous: Person, http: httpx.AsyncClient, mint_token: MintToken, signing_keys: SigningKeys
) -> None:
    """Not even one that an identity provider calls as the hold's owner is called."""
    event = await scene.put_on_sale()
    hold = (await anonymous.ask("POST", "/holds", seat(event), key=KEY)).json()
    keys = KeySet.load(str(signing_keys.hold_token_jwks))
    claims = verify(hold["hold_token"], keys, "hold+jwt", "rowlock-orders", "rowlock-reservation")
    impostor = Person(http, mint_token("buyer", subject=claims["sub"]))
    path = f"/holds/{hold['hold_id']}"
    assert problem(await impostor.ask("GET", path)) == (404, "hold-not-found")
    assert problem(await impostor.ask("DELETE", path)) == (404, "hold-not-found")
    assert problem(await impostor.ask("POST", "/holds", seat(event), key=KEY)) == (409, "seats-taken")


async def test_a_guests_key_is_not_stored_and_finds_the_hold_again_from_anywhere(
    scene: Scene, http: httpx.AsyncClient
) -> None:
    event = await scene.put_on_sale()
    first = await http.post("/holds", json=seat(event), headers=_from("203.0.113.1"))
    again = await http.post("/holds", json=seat(event), headers=_from("198.51.100.9"))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replay"] == "true"
    (stored,) = await scene.rows("SELECT h::text AS written FROM reservation.holds h")
    assert KEY not in stored.written
    assert "203.0.113.1" not in stored.written
    other = await http.post("/holds", json=seat(event, "0-1"), headers=_from("203.0.113.1"))
    assert problem(other) == (422, "idempotency-key-reused")


def _from(address: str, *, key: str = KEY) -> dict[str, str]:
    return {"Idempotency-Key": key, "X-Forwarded-For": address}


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
async def test_a_guest_with_a_guessable_key_is_told_so(
    scene: Scene, http: httpx.AsyncClient, content_type: str
) -> None:
    """On the short way to the endpoint and on the long one."""
    event = await scene.put_on_sale()
    headers = {"Idempotency-Key": KEY[:-1], "Content-Type": content_type}
    answer = await http.post("/holds", json=seat(event), headers=headers)
    assert problem(answer) == (400, "idempotency-key-guessable")
    assert answer.json()["chars_min"] == 22
    answer = await http.post("/holds", json=seat(event), headers=headers | {"Idempotency-Key": KEY})
    assert answer.status_code == 201


async def test_a_bad_access_token_makes_nobody_a_guest(scene: Scene, http: httpx.AsyncClient) -> None:
    event = await scene.put_on_sale()
    headers = {"Idempotency-Key": KEY, "Authorization": "Bearer e30.e30.e30"}
    assert problem(await http.post("/holds", json=seat(event), headers=headers)) == (401, "unauthenticated")
    assert (await scene.seats(event))["0-0"].state == "available"


async def test_guests_of_one_address_share_a_cap_for_each_event(
    scene: Scene, http: httpx.AsyncClient, buyer: Person
) -> None:
    event, other = await scene.put_on_sale(), await scene.put_on_sale()
    for number in range(CAP):
        answer = await http.post(
            "/holds", json=seat(event, f"0-{number}"), headers=_from("203.0.113.1", key=secrets.token_hex())
        )
        assert answer.status_code == 201, answer.text
    refused = await http.post("/holds", json=seat(event, "1-0"), headers=_from("203.0.113.1"))
    assert problem(refused) == (409, "too-many-guest-holds")
    assert refused.json()["active_holds_max"] == CAP
    assert int(refused.headers["retry-after"]) == refused.json()["retry_after_s"] > 0
    # Another event, another address and an account at the same address have caps of their own.
    elsewhere = await http.post("/holds", json=seat(other), headers=_from("203.0.113.1"))
    neighbour = await http.post(
        "/holds", json=seat(event, "1-1"), headers=_from("203.0.113.2", key=secrets.token_hex())
    )
    signed_in = await buyer.ask("POST", "/holds", seat(event, "1-2"), X_Forwarded_For="203.0.113.1")
    assert (elsewhere.status_code, neighbour.status_code, signed_in.status_code) == (201, 201, 201)


async def test_addresses_of_one_ipv6_network_are_one(scene: Scene, http: httpx.AsyncClient) -> None:
    event = await scene.put_on_sale()
    statuses = [
        (
            await http.post(
                "/holds",
                json=seat(event, f"0-{number}"),
                headers=_from(f"2001:db8:0:7::{number + 1:x}", key=secrets.token_hex()),
            )
        ).status_code
        for number in range(CAP + 1)
    ]
    assert statuses == [201] * CAP + [409]


async def test_a_guests_hold_that_ends_frees_the_cap_and_forgets_the_address(scene: Scene) -> None:
    event = await scene.put_on_sale()
    holds = [await scene.hold_as_guest(event, f"0-{number}") for number in range(CAP)]
    await scene.expire(holds[0])
    await scene.hold_as_guest(event, "1-0")
    await expire_holds(scene.db, batch_max=10)
    await scene.confirm(holds[1])
    rows = await scene.rows("SELECT state, counted_as FROM reservation.holds")
    assert {(row.state, row.counted_as is not None) for row in rows} == {
        ("active", True),
        ("expired", False),
        ("confirmed", False),
    }


async def test_the_database_refuses_an_address_kept_longer_than_its_hold(scene: Scene) -> None:
    event = await scene.put_on_sale()
    await scene.hold_as_guest(event, "0-0")
    with pytest.raises(Exception, match="holds_counted_check"):
        async with scene.db.transaction() as tx:
            await tx.execute(text("UPDATE reservation.holds SET state = 'released'"))


async def test_fifty_guests_of_one_address_at_once_never_exceed_the_cap(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale(plan_document(rows=10, seats=20))
    for round_number in range(4):
        row = round_number * 2
        calls = [
            replicas[n % 4].hold_as_guest(
                event, f"{row + n // 20}-{n % 20}", address=f"203.0.113.{round_number}"
            )
            for n in range(40)
        ] + [
            replicas[n % 4].hold_as_guest(event, f"{row}-{n}", address=f"203.0.113.{round_number}")
            for n in range(10)
        ]
        seen = names_of(await outcomes(*calls))
        assert set(seen) <= {"PlacedHold", "TooManyGuestHolds", "SeatsTaken"}
        assert 1 <= seen["PlacedHold"] <= CAP
        (row_counted,) = await replicas[0].rows(
            "SELECT count(*) AS holds FROM reservation.holds WHERE counted_as = :who",
            who=f"fingerprint of 203.0.113.{round_number}",
        )
        assert row_counted.holds == seen["PlacedHold"]


async def test_fifty_requests_with_one_guests_key_have_one_effect(replicas: list[Scene]) -> None:
    event = await replicas[0].put_on_sale()
    results = await outcomes(
        *(replicas[n % 4].hold_as_guest(event, "0-0", key=KEY, address=f"203.0.113.{n}") for n in range(50))
    )
    assert set(names_of(results)) <= {"PlacedHold", "IdempotencyKeyInUse", "SeatsTaken"}
    placed = {result.hold.hold_id for result in results if hasattr(result, "hold")}
    assert len(placed) == 1
    assert len(await replicas[0].rows("SELECT 1 FROM reservation.holds")) == 1
    again = await replicas[3].hold_as_guest(event, "0-0", key=KEY, address="198.51.100.1")
    assert (again.is_replay, {again.hold.hold_id}) == (True, placed)


@pytest.fixture
async def strict(settings: Settings) -> Any:
    """A process that lets a buyer ask three times in a minute, and an address five times."""
    app = create_app(settings.model_copy(update={"holds_per_buyer": "3/60s", "holds_per_address": "5/60s"}))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reservation/api/v1") as client:
        yield client
    await app.state.db.close()


async def test_who_asks_too_often_is_told_when_to_come_back(
    scene: Scene, strict: httpx.AsyncClient, mint_token: MintToken
) -> None:
    event = await scene.put_on_sale()
    eager = Person(strict, mint_token("buyer", subject="berta"))
    for _ in range(3):
        await eager.ask("POST", "/holds", seat(event), X_Forwarded_For="203.0.113.1")
    refused = await eager.ask("POST", "/holds", seat(event), X_Forwarded_For="203.0.113.2")
    assert problem(refused) == (429, "too-many-requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    guest = Person(strict, None)
    statuses = [
        (await guest.ask("POST", "/holds", seat(event, "1-1"), X_Forwarded_For="203.0.113.1")).status_code
        for _ in range(3)
    ]
    assert statuses == [201, 409, 429]


async def test_a_guest_may_come_back_after_a_while(scene: Scene, settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"holds_per_address": "1/1s"}))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://reservation/api/v1"
    ) as client:
        event = await scene.put_on_sale()
        guest = Person(client, None)
        assert (await guest.ask("POST", "/holds", seat(event, "0-0"))).status_code == 201
        refused = await guest.ask("POST", "/holds", seat(event, "0-1"))
        assert refused.status_code == 429
        await asyncio.sleep(int(refused.headers["retry-after"]))
        assert (await guest.ask("POST", "/holds", seat(event, "0-1"))).status_code == 201
    await app.state.db.close()
