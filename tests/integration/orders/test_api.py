"""The orders API in process: rights, answers and problems."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from integration.orders.conftest import Person, problem
from integration.orders.scene import Scene, hold_of, order_body

from messages.reservation import HoldsConfirmed, SeatsReleased
from orders.domain.basket import Hold
from orders.domain.states import OrderState as S
from support.queries import count_queries
from support.tokens import MintToken
from support.waiting import wait_until

HoldToken = Callable[..., str]
SignIn = Callable[..., Person]


async def place(person: Person, hold: Hold, hold_token: HoldToken, **changes: Any) -> httpx.Response:
    ticket_type = changes.pop("ticket_type", "free")
    body = order_body(hold, tokens=[hold_token(hold)], ticket_type=ticket_type)
    return await person.post("/orders", {**body, **changes})


def fields(response: httpx.Response) -> list[str]:
    return [error["field"] for error in response.json()["errors"]]


async def test_a_placed_order_is_answered_with_all_it_is(
    scene: Scene, ada: Person, hold_token: HoldToken
) -> None:
    hold = hold_of(await scene.publish_event(), seats=["A-1", "A-2"])

    response = await place(ada, hold, hold_token, ticket_type="adult")

    order = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/api/v1/orders/{order['order_id']}"
    assert order["total"] == {"amount_minor": 9000, "currency": "PLN"}
    assert order["contact"] == {"email": "ada@example.org", "name": None, "phone": None}
    assert order["lines"][0] == {
        "line_id": order["lines"][0]["line_id"],
        "event_id": str(hold.event_id),
        "event_title": "Hamlet",
        "seat_id": "A-1",
        "ordered_seat_id": None,
        "price_category": "Stalls",
        "ticket_type": "adult",
        "price": {"amount_minor": 4500, "currency": "PLN"},
        "attendee": {"first_name": "Ada", "last_name": "Lovelace", "pesel": None},
    }
    assert order["holds_expire_at"].endswith("Z")
    assert [change["state"] for change in order["timeline"]] == ["awaiting_payment"]
    assert order == (await ada.get(f"/orders/{order['order_id']}")).json()


async def test_a_repeated_request_gives_the_first_answer_and_one_order(
    scene: Scene, ada: Person, hold_token: HoldToken
) -> None:
    hold = hold_of(await scene.publish_event())
    body = order_body(hold, tokens=[hold_token(hold)])

    first = await ada.post("/orders", body, key="one-key")
    again = await ada.post("/orders", body, key="one-key")
    other_body = await ada.post("/orders", {**body, "contact": {"email": "b@example.org"}}, key="one-key")

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotent-replay"] == "true"
    assert problem(other_body) == (422, "idempotency-key-reused")
    assert await scene.scalar("SELECT count(*) FROM orders.orders") == 1


async def test_fifty_requests_with_one_key_at_once_have_one_effect(
    scene: Scene, ada: Person, hold_token: HoldToken
) -> None:
    hold = hold_of(await scene.publish_event())
    body = order_body(hold, tokens=[hold_token(hold)])

    answers = await asyncio.gather(*(ada.post("/orders", body, key="one-key") for _ in range(50)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["order_id"] for answer in answers if answer.status_code == 201}) == 1
    assert await scene.scalar("SELECT count(*) FROM orders.orders") == 1


async def test_the_bearer_of_a_hold_token_may_order_its_seats(
    scene: Scene, sign_in: SignIn, hold_token: HoldToken
) -> None:
    hold = hold_of(await scene.publish_event())

    assert (await place(sign_in("bob"), hold, hold_token)).status_code == 201


@pytest.mark.parametrize(
    "forgery",
    [
        {"typ": "at+jwt"},
        {"iss": "somebody"},
        {"aud": "rowlock"},
        {"seats": []},
        {"hold_id": "not-an-id"},
        {"exp": "tomorrow"},
    ],
)
async def test_a_token_that_is_no_hold_token_is_refused_by_its_field(
    scene: Scene, ada: Person, hold_token: HoldToken, forgery: dict[str, Any]
) -> None:
    hold = hold_of(await scene.publish_event())
    body = order_body(hold, tokens=[hold_token(hold), hold_token(hold, **forgery)])

    response = await ada.post("/orders", body)

    assert problem(response) == (422, "hold-token-invalid")
    assert fields(response) == ["hold_tokens.1"]


async def test_a_token_signed_with_another_key_is_refused(
    scene: Scene, ada: Person, mint_token: MintToken, hold_token: HoldToken
) -> None:
    hold = hold_of(await scene.publish_event())
    header, payload, _ = hold_token(hold).split(".")
    *_, signature = mint_token().split(".")

    for forged in (f"{header}.{payload}.{signature}", "not a token", f"{header}.{payload}."):
        response = await ada.post("/orders", order_body(hold, tokens=[forged]))
        assert problem(response) == (422, "hold-token-invalid")


async def test_an_expired_hold_token_says_that_the_hold_is_expired(
    scene: Scene, ada: Person, hold_token: HoldToken
) -> None:
    hold = hold_of(await scene.publish_event(), lives_s=-5)

    response = await place(ada, hold, hold_token)

    assert problem(response) == (409, "hold-expired")
    assert response.json()["hold_ids"] == [str(hold.hold_id)]


async def test_what_does_not_fit_is_named_by_its_field(
    scene: Scene, ada: Person, hold_token: HoldToken
) -> None:
    hold = hold_of(await scene.publish_event())
    person = order_body(hold, tokens=["x"])["attendees"][0]
    # changes of the attendees -> problem, fields
    cases: list[tuple[list[dict[str, Any]], str, list[str]]] = [
        ([{**person, "seat_id": "Z"}], "attendees-do-not-match-seats", ["attendees.0.seat_id", "attendees"]),
        ([person, person], "attendees-do-not-match-seats", ["attendees.1.seat_id"]),
        ([{**person, "ticket_type": "vip"}], "ticket-type-unknown", ["attendees.0.ticket_type"]),
        ([{**person, "first_name": "  "}], "validation-failed", ["attendees.0.first_name"]),
        ([{**person, "last_name": "a\u0007b"}], "validation-failed", ["attendees.0.last_name"]),
        ([{**person, "pesel": "1"}], "attendees-invalid", ["attendees.0.pesel"]),
        ([], "validation-failed", ["attendees"]),
    ]
    for attendees, slug, expected in cases:
        response = await place(ada, hold, hold_token, attendees=attendees)
        assert (problem(response), fields(response)) == ((422, slug), expected)


async def test_an_event_not_known_yet_asks_for_patience(
    ada: Person, hold_token: HoldToken, scene: Scene
) -> None:
    hold = hold_of(hold_of(await scene.publish_event()).hold_id)

    response = await place(ada, hold, hold_token)

    assert problem(response) == (503, "event-not-known-yet")
    assert response.headers["retry-after"] == "1"


async def test_another_buyers_order_cannot_be_told_from_one_that_does_not_exist(
    scene: Scene, sign_in: SignIn
) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=False)
    bob = sign_in("bob")

    for order_id in (placed.order_id, placed.hold_id):
        answers = [
            await bob.get(f"/orders/{order_id}"),
            await bob.get(f"/orders/{order_id}/tickets"),
            await bob.post(f"/orders/{order_id}/finalization"),
            await bob.post(f"/orders/{order_id}/cancellation"),
        ]
        assert [problem(answer) for answer in answers] == [(404, "not-found")] * 4


async def test_an_operator_reads_any_order_but_does_not_act_for_its_buyer(
    scene: Scene, sign_in: SignIn
) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=False)
    otto = sign_in("otto", "operator")

    assert (await otto.get(f"/orders/{placed.order_id}")).status_code == 200
    assert problem(await otto.post(f"/orders/{placed.order_id}/cancellation")) == (404, "not-found")


async def test_nobody_reads_or_writes_without_signing_in(anonymous: httpx.AsyncClient, scene: Scene) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)
    path = f"/orders/{placed.order_id}"
    answers = [
        await anonymous.get("/orders"),
        await anonymous.get(path),
        await anonymous.get(f"{path}/tickets"),
        await anonymous.delete(f"{path}/access-token"),
        await anonymous.post("/orders/claims"),
        await anonymous.post(f"{path}/finalization"),
        await anonymous.post(f"{path}/cancellation"),
        await anonymous.post(f"{path}/recorded-payments", json={}),
    ]
    assert {problem(answer) for answer in answers} == {(401, "unauthenticated")}


async def test_the_history_is_paged_without_gaps_or_repetitions(scene: Scene, ada: Person) -> None:
    event_id = await scene.publish_event()
    placed = [str(await scene.place(hold_of(event_id, seats=[f"A-{n}"]))) for n in range(5)]
    await scene.place(hold_of(event_id, seats=["B-1"]), buyer_id="bob")

    pages, cursor = [], None
    while cursor or not pages:
        page = (
            await ada.get("/orders", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        pages.append([order["order_id"] for order in page["items"]])
        cursor = page["next_cursor"]

    assert pages == [placed[:2:-1], placed[2:0:-1], placed[:1]]


async def test_a_cursor_of_ones_own_making_is_refused(ada: Person) -> None:
    for cursor in ("!", "WzFd", "WyJ4Il0"):
        assert problem(await ada.get("/orders", params={"cursor": cursor})) == (422, "cursor-invalid")


async def test_a_page_of_orders_is_one_query_however_many_lines_they_have(
    scene: Scene, ada: Person, app: Any
) -> None:
    event_id = await scene.publish_event()
    for row in "ABCDEFGH":
        await scene.place(hold_of(event_id, seats=[f"{row}-{n}" for n in range(5)]))

    with count_queries(app.state.db) as statements:
        page = (await ada.get("/orders")).json()

    assert sum(len(order["lines"]) for order in page["items"]) == 40
    assert len(statements) == 1


async def test_one_order_and_its_tickets_take_one_and_two_queries(
    scene: Scene, ada: Person, app: Any
) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=True)

    with count_queries(app.state.db) as statements:
        await ada.get(f"/orders/{placed.order_id}")
    assert len(statements) == 1
    with count_queries(app.state.db) as statements:
        await ada.get(f"/orders/{placed.order_id}/tickets")
    assert len(statements) == 2


async def test_finalization_is_accepted_and_says_where_to_look(scene: Scene, ada: Person) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)

    response = await ada.post(f"/orders/{placed.order_id}/finalization")

    assert (response.status_code, response.json()["state"]) == (202, "finalizing")
    assert response.headers["location"] == f"/api/v1/orders/{placed.order_id}"
    assert response.headers["retry-after"] == "1"


async def test_finalization_waits_for_the_outcome_when_asked_to(scene: Scene, ada: Person) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)

    waiting = asyncio.create_task(ada.post(f"/orders/{placed.order_id}/finalization", prefer="wait=5"))
    await wait_until(scene.take_sent)
    await scene.deliver(HoldsConfirmed(order_id=placed.order_id))
    response = await waiting

    assert (response.status_code, response.json()["state"]) == (200, "confirmed")
    assert response.headers["preference-applied"] == "wait"


async def test_waiting_ends_with_the_accepted_answer_when_the_outcome_is_late(
    scene: Scene, ada: Person
) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=False)

    response = await ada.post(f"/orders/{placed.order_id}/finalization", prefer="wait=0")

    assert (response.status_code, response.json()["state"]) == (202, "finalizing")


async def test_finalization_is_refused_until_the_order_is_paid(scene: Scene, ada: Person) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)

    response = await ada.post(f"/orders/{placed.order_id}/finalization")

    assert problem(response) == (409, "payment-missing")
    assert response.json()["total"] == {"amount_minor": 4500, "currency": "PLN"}


async def test_the_owner_gets_tickets_and_may_cancel_them(scene: Scene, ada: Person) -> None:
    placed = await scene.order_in(S.CONFIRMED, paid=True)
    path = f"/orders/{placed.order_id}"

    [ticket] = (await ada.get(f"{path}/tickets")).json()["items"]
    cancelled = await ada.post(f"{path}/cancellation")
    [voided] = (await ada.get(f"{path}/tickets")).json()["items"]
    await scene.deliver(SeatsReleased(order_id=placed.order_id))
    order = (await ada.get(path)).json()

    assert (ticket["state"], ticket["event_title"], ticket["seat_id"]) == ("valid", "Hamlet", "A-1")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelling")
    assert (voided["state"], voided["ticket_code"]) == ("voided", ticket["ticket_code"])
    assert order["payments"][0]["refunds"][0]["state"] == "pending"
    assert [change["state"] for change in order["timeline"]] == [
        "awaiting_payment",
        "finalizing",
        "confirmed",
        "cancelling",
        "cancelled",
    ]


async def test_an_unpaid_order_is_cancelled_at_once(scene: Scene, ada: Person) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)

    response = await ada.post(f"/orders/{placed.order_id}/cancellation")

    assert (response.status_code, response.json()["state"]) == (200, "cancelled")


async def test_only_an_operator_records_payments(scene: Scene, ada: Person, sign_in: SignIn) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)
    path = f"/orders/{placed.order_id}/recorded-payments"
    payment = {"amount_minor": 4500, "currency": "PLN", "reference": "bank-7"}
    otto = sign_in("otto", "operator")

    assert problem(await ada.post(path, payment)) == (403, "forbidden")
    wrong = await otto.post(path, {**payment, "amount_minor": 1})
    recorded = await otto.post(path, payment)
    again = await otto.post(path, payment)

    assert problem(wrong) == (422, "payment-amount-differs")
    assert wrong.json()["expected"] == {"amount_minor": 4500, "currency": "PLN"}
    assert (recorded.status_code, recorded.json()["state"]) == (201, "finalizing")
    assert len(again.json()["payments"]) == 1
