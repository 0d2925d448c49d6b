"""One replica of everything is killed in the middle of an on-sale, and no promise breaks.

ROWLOCK_TEST_RUSH_PURCHASES says how many buyers hold, order and finalize (150 unless set).
"""

import asyncio
import os
from collections import Counter

import pytest

from support.stage.rush import Rush, open_rush
from support.waiting import wait_until

PURCHASES = int(os.environ.get("ROWLOCK_TEST_RUSH_PURCHASES", "150"))
AT_ONCE = 16
UNDER_WAY = {"finalizing", "cancelling"}
KINDS = [(service, kind) for service in ("catalog", "reservation", "orders") for kind in ("api", "worker")]
QUIET_DEADLINE_S = 120
"""A command whose answer is lost is sent again after 30 s."""


@pytest.mark.timeout(900)
async def test_killed_replicas_break_no_promise(stage, tell_figure):
    rush = await open_rush(stage, purchases=PURCHASES)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(rush.run(at_once=AT_ONCE))
        tasks.create_task(_kill_one_of_each(rush))
    tell_figure(_count(rush))

    await _see_it_settled(rush)
    await _check_holds(rush)
    await _check_orders(rush)
    await _check_seats(rush)
    assert [] == await stage.backstage.dead_letters()


async def _kill_one_of_each(rush: Rush) -> None:
    await wait_until(lambda: rush.done >= PURCHASES // 3, deadline_s=600, what="a third has been bought")
    for service, kind in KINDS:
        rush.stage.system.kill(service, kind, 1)
    assert rush.done < PURCHASES, "there was nothing left to disturb"


async def _see_it_settled(rush: Rush) -> None:
    """No order is stuck, no message is left behind."""
    backstage = rush.stage.backstage

    async def settled() -> bool:
        states = await backstage.order_states(rush.event_id)
        return not UNDER_WAY & set(states.values()) and await backstage.unsent_messages() == 0

    await wait_until(settled, deadline_s=QUIET_DEADLINE_S, poll_ms=250, what="nothing is under way")


async def _check_holds(rush: Rush) -> None:
    """Every hold that a client was told of is there and was sold, and no seat went to two holds."""
    states = await rush.stage.backstage.hold_states(rush.event_id)
    assert {"confirmed"} == {states[hold_id] for hold_id in rush.promises.held}


async def _check_orders(rush: Rush) -> None:
    """Every order that a client was told of is there for its buyer, and ended as promised."""
    states = await rush.stage.backstage.order_states(rush.event_id)
    assert rush.promises.ordered.keys() == states.keys()
    for order_id, buyer in rush.promises.ordered.items():
        promised = "cancelled" if order_id in rush.promises.cancelled else "confirmed"
        seen = await buyer.read_order({"order_id": order_id})
        assert (promised, promised) == (seen["state"], states[order_id])
    assert rush.promises.finalized == rush.promises.ordered.keys()


async def _check_seats(rush: Rush) -> None:
    """A seat is sold once: to the order that has its one valid ticket."""
    tickets = await rush.stage.backstage.valid_tickets(rush.event_id)
    sold = await rush.stage.backstage.sold_seats(rush.event_id)
    assert [] == [seat_id for seat_id, times in Counter(seat for seat, _ in tickets).items() if times > 1]
    assert sold == dict(tickets)
    kept = rush.promises.ordered.keys() - rush.promises.cancelled
    assert 2 * len(kept) == len(sold)


def _count(rush: Rush) -> str:
    told = rush.promises
    return (
        f"replicas killed: {len(told.held)} holds, {len(told.ordered)} orders, {len(told.cancelled)} cancelled; "
        f"sent again: {dict(told.retries) or 'nothing'}"
    )
