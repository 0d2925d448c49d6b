"""An organizer calls an event off: every order is refunded in the background, though who does it is killed."""

import asyncio

import pytest

from support.stage import sandbox as cards
from support.stage.books import see_books_agree
from support.stage.organizer import PRICED
from support.waiting import wait_until

ORDERS = 12
CARDS = (cards.SUCCEEDS, cards.REFUNDS_FAIL_FIRST, cards.REFUNDS_SETTLE_LATER)
KILLED_AT = ("orders.refund.claimed", "orders.refund.sent")
DEADLINE_S = 120


async def buy(stage, event_id, number):
    buyer = stage.buyer()
    hold = await buyer.hold(event_id, f"Stalls-{number // 8 + 1}-{number % 8 + 1}")
    order = await buyer.order(hold, ticket_type="adult")
    payment = await buyer.start_payment(order)
    await stage.sandbox.pay(payment, card=CARDS[number % len(CARDS)])
    await buyer.see_order(order, become="confirmed")
    return payment


@pytest.mark.timeout(400)
async def test_a_cancelled_event_is_refunded_to_the_end_though_its_worker_is_killed(stage):
    event_id = await stage.event(prices=PRICED)
    payments = await asyncio.gather(*(buy(stage, event_id, number) for number in range(ORDERS)))
    for point in KILLED_AT:
        stage.failpoints.arm("orders", point)
    seen = []

    async def progress(who):
        return (await who.get(f"/organizer/events/{event_id}/refunds")).json()

    async def is_done():
        seen.append(await progress(stage.organizer))
        settled = [(part["state"], part["refunds"]) for part in seen[-1]["refunds"]]
        return seen[-1]["orders"]["over"] == ORDERS and settled == [("settled", ORDERS)]

    await stage.organizer.cancel_event(event_id)
    await wait_until(is_done, deadline_s=DEADLINE_S, poll_ms=250, what="every order is refunded")

    assert [] == [point for point in KILLED_AT if stage.failpoints.is_armed("orders", point)]
    still_open = [look["orders"]["open"] for look in seen]
    assert sorted(still_open, reverse=True) == still_open
    assert seen[-1] == await progress(stage.operator)
    total = {"amount_minor": ORDERS * payments[0]["amount"]["amount_minor"], "currency": "PLN"}
    assert [total] == [part["amount"] for part in seen[-1]["refunds"]]
    for payment in payments:
        refunds = await stage.sandbox.find_refunds(payment)
        paid_back = [refund["amount_minor"] for refund in refunds if refund["state"] == "succeeded"]
        assert [payment["amount"]["amount_minor"]] == paid_back
    assert {} == await stage.backstage.sold_seats(event_id)
    await see_books_agree(stage.system)
