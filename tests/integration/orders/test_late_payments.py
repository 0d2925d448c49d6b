"""Money that comes after the hold lapsed, through reservation and orders as they are: the same seats while
they are free, else equivalent ones if the buyer allowed them, else the money back and why.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from support.fixtures.settings import SettingsFor
from support.sale.services import Sale, open_sale
from support.seating_plans import plan_document
from support.tokens import MintToken


@pytest.fixture
async def sale(settings_for: SettingsFor, mint_token: MintToken) -> AsyncIterator[Sale]:
    async with open_sale(settings_for=settings_for, mint_token=mint_token) as sale:
        yield sale


async def hold(sale: Sale, event: str, *seats: str, who: str = "ada") -> dict[str, Any]:
    wanted = {"event_id": event, "seat_ids": seats}
    answer = await sale.ask("reservation", "POST", "/holds", who=who, json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def order(sale: Sale, held: dict[str, Any], *, allowed: bool, who: str = "ada") -> str:
    person = {"ticket_type": "adult", "first_name": "Ada", "last_name": "Lovelace"}
    body = {
        "hold_tokens": [held["hold_token"]],
        "contact": {"email": f"{who}@example.org"},
        "attendees": [{"seat_id": seat["seat_id"], **person} for seat in held["seats"]],
        "equivalent_seats_allowed": allowed,
    }
    answer = await sale.ask("orders", "POST", "/orders", who=who, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["order_id"]


async def lapsed_order(sale: Sale, event: str, *seats: str, allowed: bool, who: str = "ada") -> str:
    """An order that everybody knows to have expired."""
    held = await hold(sale, event, *seats, who=who)
    order_id = await order(sale, held, allowed=allowed, who=who)
    await sale.lapse(held["hold_id"])
    await sale.run_job("reservation", "expire_holds")
    await deliver_all(sale)
    assert (await look(sale, order_id))["state"] == "expired"
    return order_id


async def pay(sale: Sale, order_id: str) -> None:
    total = (await look(sale, order_id))["total"]
    body = {**total, "reference": f"bank-{order_id}"}
    path = f"/orders/{order_id}/recorded-payments"
    answer = await sale.ask("orders", "POST", path, who="otto", roles=("operator",), json=body)
    assert answer.is_success, answer.text


async def deliver_all(sale: Sale) -> None:
    """Everything that was sent, and what it leads to; every message twice."""
    while letters := await sale.post.collect():
        for letter in [*letters, *letters]:
            await sale.post.deliver(letter)


async def look(sale: Sale, order_id: str) -> dict[str, Any]:
    answer = await sale.ask("orders", "GET", f"/orders/{order_id}", who="otto", roles=("operator",))
    return answer.json()


async def tickets(sale: Sale, order_id: str) -> list[str]:
    """The seats it has valid tickets for."""
    path = f"/orders/{order_id}/tickets"
    answer = await sale.ask("orders", "GET", path, who="otto", roles=("operator",))
    return sorted(ticket["seat_id"] for ticket in answer.json()["items"] if ticket["state"] == "valid")


async def sold(sale: Sale, order_id: str) -> list[str]:
    statement = "SELECT seat_id FROM reservation.seats WHERE order_id = :order_id ORDER BY seat_id"
    return [row.seat_id for row in await sale.rows("reservation", statement, order_id=order_id)]


async def test_seats_nobody_wanted_meanwhile_are_given_after_all(sale: Sale) -> None:
    event = await sale.publish_event(plan=plan_document(rows=2, seats_per_row=6))
    order_id = await lapsed_order(sale, event, "Stalls-2-1", "Stalls-2-2", allowed=True)

    await pay(sale, order_id)
    await deliver_all(sale)

    after = await look(sale, order_id)
    assert (after["state"], after["timeline"][-1]["reason"]) == ("confirmed", "seats_sold")
    assert await tickets(sale, order_id) == await sold(sale, order_id) == ["Stalls-2-1", "Stalls-2-2"]


async def test_who_allowed_it_is_given_seats_as_good_side_by_side(sale: Sale) -> None:
    event = await sale.publish_event(plan=plan_document(rows=2, seats_per_row=6))
    order_id = await lapsed_order(sale, event, "Stalls-1-1", "Stalls-1-2", allowed=True)
    await hold(sale, event, "Stalls-1-2", who="bob")

    await pay(sale, order_id)
    await deliver_all(sale)

    after = await look(sale, order_id)
    seats = [line["seat_id"] for line in after["lines"]]
    row, number = seats[0].rsplit("-", 1)
    assert (after["state"], after["timeline"][-1]["reason"]) == ("confirmed", "seats_exchanged")
    assert [line["ordered_seat_id"] or line["seat_id"] for line in after["lines"]] == [
        "Stalls-1-1",
        "Stalls-1-2",
    ]
    assert seats[1] == f"{row}-{int(number) + 1}"
    assert await tickets(sale, order_id) == await sold(sale, order_id) == sorted(seats)
    assert [payment["state"] for payment in after["payments"]] == ["captured"]


@pytest.mark.parametrize("allowed", [False, True])
async def test_otherwise_the_money_goes_back_and_the_reason_is_told(sale: Sale, allowed: bool) -> None:
    event = await sale.publish_event(plan=plan_document(rows=1, seats_per_row=4))
    order_id = await lapsed_order(sale, event, "Stalls-1-1", "Stalls-1-2", allowed=allowed)
    await hold(sale, event, "Stalls-1-2", who="bob")
    if allowed:  # there were two seats side by side: not any more
        await hold(sale, event, "Stalls-1-4", who="eve")

    await pay(sale, order_id)
    await deliver_all(sale)

    after = await look(sale, order_id)
    (payment,) = after["payments"]
    (refund,) = payment["refunds"]
    assert (after["state"], after["timeline"][-1]["reason"]) == ("refunded", "seats_taken")
    assert (payment["state"], refund["reason"], refund["amount"]) == (
        "refunding",
        "seats_taken",
        after["total"],
    )
    assert await tickets(sale, order_id) == await sold(sale, order_id) == []


async def test_seats_given_instead_are_on_sale_again_when_the_order_is_cancelled(sale: Sale) -> None:
    event = await sale.publish_event(plan=plan_document(rows=2, seats_per_row=4))
    order_id = await lapsed_order(sale, event, "Stalls-1-1", allowed=True)
    await hold(sale, event, "Stalls-1-1", who="bob")
    await pay(sale, order_id)
    await deliver_all(sale)
    (seat,) = await tickets(sale, order_id)

    answer = await sale.ask("orders", "POST", f"/orders/{order_id}/cancellation", who="ada")
    assert answer.is_success, answer.text
    await deliver_all(sale)

    assert (await look(sale, order_id))["state"] == "cancelled"
    assert await sold(sale, order_id) == []
    assert (await hold(sale, event, seat, who="eve"))["seats"][0]["seat_id"] == seat


async def test_thirty_late_payments_for_a_few_seats_leave_no_money_without_tickets(sale: Sale) -> None:
    """Each order ends with as many tickets as it paid for, or with its money on its way back."""
    event = await sale.publish_event(plan=plan_document(rows=6, seats_per_row=12))
    pairs = [(f"Stalls-{row}-{n}", f"Stalls-{row}-{n + 1}") for row in range(1, 7) for n in (1, 3, 5, 7, 9)]
    late = [
        await lapsed_order(sale, event, *pair, allowed=n % 5 > 0, who=f"buyer-{n}")
        for n, pair in enumerate(pairs)
    ]
    for n, pair in enumerate(pairs):
        if n % 6:  # five pairs are nobody's, and the last one of each row
            await hold(sale, event, *pair, who=f"thief-{n}")

    await asyncio.gather(*(pay(sale, order_id) for order_id in late))
    while letters := await sale.post.collect():
        random.shuffle(letters)
        await asyncio.gather(*(sale.post.deliver(letter) for letter in [*letters, *letters]))

    ended = [await look(sale, order_id) for order_id in late]
    assert {each["state"] for each in ended} == {"confirmed", "refunded"}
    seats: list[str] = []
    for each in ended:
        has = await tickets(sale, each["order_id"])
        (payment,) = each["payments"]
        assert has == await sold(sale, each["order_id"])
        assert len(has) == (2 if each["state"] == "confirmed" else 0)
        assert payment["state"] == ("captured" if has else "refunding")
        seats += has
    assert len(seats) == len(set(seats)) == 2 * (5 + 6), "a pair was left while somebody wanted it"
    reasons = {each["timeline"][-1]["reason"] for each in ended}
    assert {"seats_exchanged", "seats_taken"} <= reasons <= {"seats_sold", "seats_exchanged", "seats_taken"}
