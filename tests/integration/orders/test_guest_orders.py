"""Orders without an account: the token is the right to one order, and to nothing else."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from integration.orders.conftest import Person, problem
from integration.orders.scene import Scene, hold_of, order_body
from sqlalchemy.exc import IntegrityError

from chassis.ids import new_id
from messages.reservation import HoldsConfirmed
from orders.domain.basket import Hold
from orders.domain.states import OrderState as S

HoldToken = Callable[..., str]
AsGuest = Callable[..., Person]
SignIn = Callable[..., Person]
# Every way to an order, as method, path below it and body.
ROUTES = [
    ("get", "", None),
    ("get", "/tickets", None),
    ("post", "/finalization", None),
    ("post", "/cancellation", None),
    ("delete", "/access-token", None),
]


@pytest.fixture
def place(scene: Scene, hold_token: HoldToken, as_guest: AsGuest) -> Callable[..., Any]:
    """Place an order of one free seat as a guest; gives the answer."""

    async def placed(hold: Hold | None = None, *, key: str = "", **changes: Any) -> httpx.Response:
        hold = hold or hold_of(await scene.publish_event())
        body = order_body(hold, tokens=[hold_token(hold, jti="as it was granted")]) | changes
        return await as_guest().post("/orders", body, key=key)

    return placed


async def ask(person: Person, route: tuple[str, str, Any], order_id: object) -> httpx.Response:
    method, path, body = route
    if method == "get":
        return await person.get(f"/orders/{order_id}{path}")
    if method == "delete":
        return await person.delete(f"/orders/{order_id}{path}")
    return await person.post(f"/orders/{order_id}{path}", body)


def seen(answer: httpx.Response) -> tuple[int, Any, Any]:
    """Everything a caller can tell answers apart by, but for the request's own id."""
    body = {name: value for name, value in answer.json().items() if name != "instance"}
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, body, {**headers, "content-length": len(answer.content)}


async def test_a_guest_gets_the_token_once_and_does_everything_with_it(
    scene: Scene, place: Any, as_guest: AsGuest
) -> None:
    answer = await place()
    order = answer.json()
    guest = as_guest(order["order_access_token"])
    path = f"/orders/{order['order_id']}"

    read = await guest.get(path)
    finalized = await guest.post(f"{path}/finalization")
    await scene.deliver(HoldsConfirmed(order_id=UUID(order["order_id"])))
    tickets = await guest.get(f"{path}/tickets")
    cancelled = await guest.post(f"{path}/cancellation")

    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert len(order["order_access_token"]) >= 22  # 128 bits of base64
    assert read.json() == {name: order[name] for name in order if name != "order_access_token"}
    assert read.headers["cache-control"] == "no-store"
    assert [answer.status_code for answer in (finalized, tickets, cancelled)] == [202, 200, 202]
    assert len(tickets.json()["items"]) == 1


async def test_a_buyers_order_has_no_token(scene: Scene, ada: Person, hold_token: HoldToken) -> None:
    hold = hold_of(await scene.publish_event())

    answer = await ada.post("/orders", order_body(hold, tokens=[hold_token(hold)]))

    assert "order_access_token" not in answer.json()


async def test_a_repeated_request_gives_the_token_again(scene: Scene, place: Any) -> None:
    hold = hold_of(await scene.publish_event())

    first, again = await place(hold, key="one-key"), await place(hold, key="one-key")

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotent-replay"] == "true"
    assert await scene.scalar("SELECT count(*) FROM orders.orders") == 1


async def test_the_token_is_stored_as_its_hash_and_the_answer_sealed(scene: Scene, place: Any) -> None:
    token = (await place(key="one-key")).json()["order_access_token"]

    stored = await scene.scalar("SELECT access_token_sha256 FROM orders.orders")
    answers = await scene.scalar("SELECT string_agg(body, '') FROM orders.idempotency")

    assert stored == hashlib.sha256(token.encode()).digest()
    assert token.encode() not in answers
    assert b"order_access_token" not in answers


async def test_another_guest_with_the_same_key_gets_an_order_of_their_own(scene: Scene, place: Any) -> None:
    event_id = await scene.publish_event()

    one = await place(hold_of(event_id), key="guessable")
    other = await place(hold_of(event_id, seats=["B-1"]), key="guessable")

    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json()["order_access_token"] != other.json()["order_access_token"]


async def test_who_knows_the_key_and_the_seats_but_not_the_hold_token_gets_nothing(
    scene: Scene, place: Any, hold_token: HoldToken
) -> None:
    hold = hold_of(await scene.publish_event())
    await place(hold, key="one-key")

    forged = await place(hold, key="one-key", hold_tokens=[hold_token(hold)[:-8] + "AAAAAAAA"])
    another_token = await place(hold, key="one-key", hold_tokens=[hold_token(hold, jti="renewed")])

    assert problem(forged) == (422, "hold-token-invalid")
    assert problem(another_token) == (422, "idempotency-key-reused")


async def test_fifty_guests_orders_with_one_key_at_once_are_one_order_with_one_token(
    scene: Scene, place: Any
) -> None:
    hold = hold_of(await scene.publish_event())

    answers = await asyncio.gather(*(place(hold, key="one-key") for _ in range(50)))

    placed = [answer.json() for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({order["order_access_token"] for order in placed}) == 1
    assert await scene.scalar("SELECT count(*) FROM orders.orders") == 1


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
async def test_an_unknown_order_anothers_order_and_a_wrong_token_look_exactly_the_same(
    scene: Scene, place: Any, as_guest: AsGuest, sign_in: SignIn, route: tuple[str, str, Any]
) -> None:
    guests = (await place()).json()
    others = (await place()).json()
    buyers = await scene.order_in(S.AWAITING_PAYMENT, paid=False)
    token = others["order_access_token"]

    answers = [
        await ask(as_guest(token), route, new_id()),
        await ask(as_guest(token), route, guests["order_id"]),
        await ask(as_guest(token), route, buyers.order_id),
        await ask(as_guest("no token at all"), route, guests["order_id"]),
        await ask(sign_in("bob"), route, new_id()),
        await ask(sign_in("bob"), route, guests["order_id"]),
        await ask(sign_in("bob"), route, buyers.order_id),
    ]

    assert [problem(answer) for answer in answers] == [(404, "not-found")] * 7
    assert [seen(answer) for answer in answers] == [seen(answers[0])] * 7


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
async def test_nothing_shown_is_asked_to_sign_in_or_to_show_the_token(
    place: Any, as_guest: AsGuest, route: tuple[str, str, Any]
) -> None:
    order_id = (await place()).json()["order_id"]

    answers = [await ask(as_guest(), route, order_id), await ask(as_guest(""), route, new_id())]

    assert [problem(answer) for answer in answers] == [(401, "unauthenticated")] * 2
    assert "Order-Access-Token" in answers[0].json()["detail"]


async def test_an_operator_reads_a_guests_order_and_changes_nothing(
    scene: Scene, place: Any, sign_in: SignIn
) -> None:
    order_id = (await place()).json()["order_id"]
    otto = sign_in("otto", "operator")

    answers = {route[:2]: (await ask(otto, route, order_id)).status_code for route in ROUTES}

    assert answers == {
        ("get", ""): 200,
        ("get", "/tickets"): 200,
        ("post", "/finalization"): 404,
        ("post", "/cancellation"): 404,
        ("delete", "/access-token"): 404,
    }


@pytest.mark.parametrize("path", ["finalization", "cancellation", "access-token"])
async def test_a_stranger_does_not_wait_for_the_lock_of_anothers_order(
    scene: Scene, place: Any, as_guest: AsGuest, path: str
) -> None:
    order_id = (await place()).json()["order_id"]
    stranger = as_guest("a wrong token")
    route = ("delete" if path == "access-token" else "post", f"/{path}", None)

    async with scene.at_work_on(order_id):
        refused = await asyncio.wait_for(ask(stranger, route, order_id), timeout=3)

    assert problem(refused) == (404, "not-found")


async def test_wrong_tokens_are_limited_by_address_and_right_ones_are_not(
    scene: Scene, app: Any, place: Any, as_guest: AsGuest
) -> None:
    order = (await place()).json()
    address = "203.0.113.77"
    stranger = as_guest("a wrong token", address=address)
    owner = as_guest(order["order_access_token"], address=address)
    most = int(app.state.settings.wrong_order_tokens_per_address.partition("/")[0])

    known = [await stranger.get(f"/orders/{order['order_id']}") for _ in range(most - 1)]
    unknown = await stranger.get(f"/orders/{new_id()}")
    limited = [
        await stranger.get(f"/orders/{order['order_id']}"),
        await stranger.get(f"/orders/{new_id()}"),
        await stranger.post(f"/orders/{order['order_id']}/cancellation"),
    ]

    assert {answer.status_code for answer in (*known, unknown)} == {404}
    assert [problem(answer) for answer in limited] == [(429, "too-many-requests")] * 3
    assert int(limited[0].headers["retry-after"]) == limited[0].json()["retry_after_s"] > 0
    assert (await owner.get(f"/orders/{order['order_id']}")).status_code == 200
    assert (await as_guest("wrong").get(f"/orders/{order['order_id']}")).status_code == 404


async def test_a_repeated_request_is_answered_to_the_same_token_only(
    scene: Scene, place: Any, as_guest: AsGuest
) -> None:
    order = (await place()).json()
    path = f"/orders/{order['order_id']}/cancellation"
    guest, stranger = as_guest(order["order_access_token"]), as_guest("a wrong token")
    first = await guest.post(path, key="one-key")

    again, stolen = await guest.post(path, key="one-key"), await stranger.post(path, key="one-key")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replay"] == "true"
    assert problem(stolen) == (404, "not-found")


async def test_a_guests_list_of_orders_needs_an_account(place: Any, as_guest: AsGuest) -> None:
    token = (await place()).json()["order_access_token"]

    assert problem(await as_guest(token).get("/orders")) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "owner",
    [
        "buyer_id = 'ada'",
        "access_token_sha256 = NULL",
        "buyer_id = 'ada', erased_at = now()",
        "access_token_sha256 = 'short'",
    ],
)
async def test_the_database_lets_an_order_have_one_owner_and_no_other(
    scene: Scene, place: Any, owner: str
) -> None:
    await place()

    with pytest.raises(IntegrityError, match=r"orders_owner_check|orders_access_token_sha256_check"):
        await scene.scalar(f"UPDATE orders.orders SET {owner} RETURNING 1")


async def test_revoking_makes_the_token_void_at_once(scene: Scene, place: Any, as_guest: AsGuest) -> None:
    order = (await place()).json()
    guest = as_guest(order["order_access_token"])
    path = f"/orders/{order['order_id']}"

    revoked = await guest.delete(f"{path}/access-token", key="one-key")
    again = await guest.delete(f"{path}/access-token", key="one-key")

    assert (revoked.status_code, again.status_code) == (204, 204)
    assert [problem(await ask(guest, route, order["order_id"])) for route in ROUTES] == [
        (404, "not-found")
    ] * 5
    timeline = (await scene.order(UUID(order["order_id"])))["timeline"]
    assert [(change["state"], change["reason"]) for change in timeline] == [
        ("awaiting_payment", "order_placed"),
        ("awaiting_payment", "access_revoked"),
    ]


async def test_a_void_token_is_not_told_how_the_order_went_on(
    scene: Scene, place: Any, as_guest: AsGuest
) -> None:
    order = (await place()).json()
    guest = as_guest(order["order_access_token"])
    path = f"/orders/{order['order_id']}"
    await guest.post(f"{path}/finalization", key="one-key")
    await scene.deliver(HoldsConfirmed(order_id=UUID(order["order_id"])))
    await guest.delete(f"{path}/access-token")

    repeated = await guest.post(f"{path}/finalization", key="one-key", prefer="wait=1")

    assert problem(repeated) == (404, "not-found")


async def test_revoking_and_acting_at_once_never_lets_a_void_token_act(
    scene: Scene, place: Any, as_guest: AsGuest
) -> None:
    """Whoever comes second waits for the order's lock with a token that is void by then."""
    order = (await place()).json()
    guest = as_guest(order["order_access_token"])
    path = f"/orders/{order['order_id']}"

    revoked, *acted = await scene.queue_for(
        order["order_id"],
        lambda: guest.delete(f"{path}/access-token"),
        *[lambda: guest.post(f"{path}/cancellation")] * 5,
    )

    assert revoked.status_code == 204
    assert {problem(answer) for answer in acted} == {(404, "not-found")}
    assert (await scene.order(UUID(order["order_id"])))["state"] == S.AWAITING_PAYMENT
