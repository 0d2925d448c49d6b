"""RabbitMQ is away while people buy: nobody notices, and all of it is completed when it is back.

ROWLOCK_TEST_OUTAGE_S says for how long it is away (3 s unless set).
"""

import asyncio
import os
import time

import pytest

from support.stage.buyer import Buyer, order_of, wish
from support.stage.organizer import PRICED, small_plan
from support.stage.person import Json
from support.waiting import wait_until

OUTAGE_S = float(os.environ.get("ROWLOCK_TEST_OUTAGE_S", "3"))
BUYERS_AT_ONCE = 3
ROWS, SEATS_PER_ROW = 20, 30


@pytest.mark.timeout(180 + OUTAGE_S)
async def test_nothing_fails_while_the_broker_is_away_and_all_is_completed_after(stage, tell_figure):
    plan_id = await stage.organizer.import_plan(small_plan(rows=ROWS, seats_per_row=SEATS_PER_ROW))
    event_id = await stage.event(seating_plan_id=plan_id)
    priced_id = await stage.event(prices=PRICED)
    buyer = stage.buyer()
    bought = await buyer.finalize(await buyer.order(await buyer.hold(event_id, areas={"floor": 1})))
    awaiting = await buyer.order(await buyer.hold(priced_id, "Stalls-1-1"), ticket_type="adult")

    await asyncio.to_thread(stage.system.stop_rabbitmq)
    try:
        began_at = time.monotonic()
        await buyer.write("POST", f"/orders/{bought['order_id']}/cancellation", expect=202)
        assert "finalizing" == (await stage.pay(awaiting))["state"]
        published_id = await _publish(stage)
        orders = await _buy_until(stage, event_id, ends_at=began_at + OUTAGE_S)
    finally:
        await asyncio.to_thread(stage.system.start_rabbitmq)
    tell_figure(f"{len(orders)} orders in the {time.monotonic() - began_at:.0f} s without a broker")

    for who, order in orders:
        await who.see_order(order, become="confirmed")
    await buyer.see_order(awaiting, become="confirmed")
    await buyer.see_order(bought, become="cancelled")
    await stage.organizer.see_on_sale(published_id)
    await _see_no_loss(stage, event_id, orders)


async def _publish(stage) -> str:
    event = await stage.organizer.draft(
        venue_id=await stage.organizer.make_venue(),
        seating_plan_id=await stage.organizer.import_plan(small_plan()),
    )
    await stage.organizer.publish(event["event_id"])
    return event["event_id"]


async def _buy_until(stage, event_id: str, *, ends_at: float) -> list[tuple[Buyer, Json]]:
    """Everything a buyer does, by some at once, each for the next seat, while there are seats and time."""
    seats = iter(
        [f"Stalls-{row}-{seat}" for row in range(1, ROWS + 1) for seat in range(1, SEATS_PER_ROW + 1)]
    )
    orders: list[tuple[Buyer, Json]] = []

    async def buy() -> None:
        for seat_id in seats:
            buyer = stage.buyer()
            orders.append((buyer, await _buy(buyer, event_id, seat_id)))
            if time.monotonic() > ends_at:
                return
        await wait_until(lambda: time.monotonic() > ends_at, deadline_s=OUTAGE_S + 1)

    await asyncio.gather(*(buy() for _ in range(BUYERS_AT_ONCE)))
    return orders


async def _buy(buyer: Buyer, event_id: str, seat_id: str) -> Json:
    """Each step must be answered with 2xx at the first try."""
    await buyer.get("/events", query={"limit": 5})
    hold = (await buyer.write("POST", "/holds", wish(event_id, seat_id), expect=201)).json()
    await buyer.get(f"/events/{event_id}/availability")
    order = (await buyer.write("POST", "/orders", order_of(hold), expect=201)).json()
    await buyer.write("POST", f"/orders/{order['order_id']}/finalization", expect=202)
    return await buyer.read_order(order)


async def _see_no_loss(stage, event_id: str, orders: list[tuple[Buyer, Json]]) -> None:
    async def drained() -> bool:
        return await stage.backstage.unsent_messages() == 0

    await wait_until(drained, deadline_s=60, poll_ms=250, what="every message was sent")
    tickets = await stage.backstage.valid_tickets(event_id)
    assert {order["order_id"] for _, order in orders} == {order_id for _, order_id in tickets}
    assert dict(tickets) == await stage.backstage.sold_seats(event_id)
    assert [] == await stage.backstage.dead_letters()
