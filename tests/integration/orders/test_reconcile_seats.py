"""Differences between orders' tickets and the seats of the real reservation, asked over its internal route."""

import pytest
from integration.orders.books import compare_sale

from chassis.ids import new_id
from orders.clients import sold_seats
from orders.domain.findings import Finding
from orders.domain.findings import FindingKind as K
from support.money.story import MoneyStage
from support.plans import small_plan
from support.sale.order_rules import attendee

SEATS = ("A-1", "A-2", "A-3")


@pytest.fixture
async def order_id(money_stage: MoneyStage) -> str:
    """Of a confirmed order of three seats that cost nothing, in an event with three more."""
    sale = money_stage.sale
    event_id = await sale.publish_event(plan=small_plan(rows=2, seats=3))
    wanted = {"event_id": event_id, "seat_ids": SEATS}
    hold = (await sale.ask("reservation", "POST", "/holds", who="ada", json=wanted)).json()
    body = {
        "hold_tokens": [hold["hold_token"]],
        "contact": {"email": "ada@example.org"},
        "attendees": [attendee(event_id, seat, ticket_type="student") for seat in SEATS],
    }
    order = (await sale.ask("orders", "POST", "/orders", who="ada", json=body)).json()
    await sale.ask("orders", "POST", f"/orders/{order['order_id']}/finalization", who="ada")
    await deliver_all(money_stage)
    return order["order_id"]


async def deliver_all(stage: MoneyStage) -> None:
    while letters := await stage.sale.post.collect():
        for letter in letters:
            await stage.sale.post.deliver(letter)


def said(findings: list[Finding]) -> list[tuple[K, str | None, str]]:
    return [(finding.kind, finding.seat_id, finding.found) for finding in findings]


async def test_what_is_sold_agrees_however_many_pages_it_takes(
    money_stage: MoneyStage, order_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sold_seats, "SEATS_AT_ONCE", 1)
    assert await compare_sale(money_stage, settle_s=-1) == []

    tickets = "UPDATE orders.tickets SET state = 'voided', voided_at = now() WHERE order_id = :id AND seat_id > 'A-1'"
    await money_stage.sale.execute("orders", tickets, id=order_id)

    found = said(await compare_sale(money_stage, settle_s=-1))
    assert [(kind, seat_id) for kind, seat_id, _ in found] == [
        (K.SOLD_SEAT_WITHOUT_TICKET, "A-2"),
        (K.SOLD_SEAT_WITHOUT_TICKET, "A-3"),
    ]


@pytest.mark.usefixtures("order_id")
async def test_a_seat_that_is_on_sale_again_although_its_ticket_is_valid(money_stage: MoneyStage) -> None:
    await money_stage.sale.execute(
        "reservation",
        "UPDATE reservation.seats SET state = 'available', hold_id = NULL, order_id = NULL, expires_at = NULL "
        "WHERE seat_id = 'A-2'",
    )

    found = await compare_sale(money_stage, settle_s=60)
    assert said(found) == [(K.TICKET_WITHOUT_SOLD_SEAT, "A-2", "not")]


async def test_a_seat_sold_to_an_order_that_never_was(money_stage: MoneyStage, order_id: str) -> None:
    stranger = new_id()
    await money_stage.sale.execute(
        "reservation", "UPDATE reservation.seats SET order_id = :id WHERE seat_id = 'A-2'", id=stranger
    )

    found = await compare_sale(money_stage, settle_s=-1)
    assert said(found) == [
        (K.TICKET_WITHOUT_SOLD_SEAT, "A-2", "not"),
        (K.SOLD_SEAT_WITHOUT_TICKET, "A-2", "no such order"),
    ]
    assert [str(finding.order_id) for finding in found] == [order_id, str(stranger)]


async def test_a_command_that_was_lost_leaves_seats_nobody_can_use(
    money_stage: MoneyStage, order_id: str
) -> None:
    """One ticket is cancelled, and ReleaseSeats never arrives."""
    sale = money_stage.sale
    tickets = (await sale.ask("orders", "GET", f"/orders/{order_id}/tickets", who="ada")).json()["items"]
    body = {"ticket_ids": [ticket["ticket_id"] for ticket in tickets if ticket["seat_id"] == "A-3"]}
    answer = await sale.ask("orders", "POST", f"/orders/{order_id}/cancelled-tickets", who="ada", json=body)
    assert answer.is_success, answer.text

    assert said(await compare_sale(money_stage, settle_s=60)) == []
    found = await compare_sale(money_stage, settle_s=-1)
    assert said(found) == [(K.SOLD_SEAT_WITHOUT_TICKET, "A-3", "a voided one, the order is confirmed")]

    await deliver_all(money_stage)
    assert await compare_sale(money_stage, settle_s=-1) == []
