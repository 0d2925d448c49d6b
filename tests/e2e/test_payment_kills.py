"""A process of orders is ended as by kill -9 at every failpoint while people pay, and no money is lost.

Between any two steps from the provider's call over its notice, the commit and the outbox to the refund.
"""

import asyncio
from collections import Counter

import pytest

from support.failpoints import known
from support.stage.books import see_books_agree
from support.stage.payers import open_payers, stop
from support.waiting import wait_until

POINTS = sorted(known("orders"))
AT_ONCE = 4
REACHED_DEADLINE_S = 60
QUIET_DEADLINE_S = 120
"""A command whose answer is lost is sent again after 30 s."""
UNDER_WAY = """
WITH ours AS (SELECT DISTINCT order_id FROM orders.order_holds WHERE event_id = %(event)s)
SELECT order_id, 'payment ' || state AS what FROM orders.payments JOIN ours USING (order_id)
WHERE state IN ('pending', 'refunding')
UNION ALL
SELECT order_id, 'refund ' || state FROM orders.refunds JOIN ours USING (order_id) WHERE state <> 'settled'
UNION ALL
SELECT order_id, 'order ' || state FROM orders.orders JOIN ours USING (order_id)
WHERE state IN ('finalizing', 'cancelling')
"""


@pytest.mark.timeout(600)
async def test_ended_at_every_failpoint_orders_loses_no_money(stage, tell_figure):
    dead_letters_before = await stage.backstage.dead_letters()
    payers = await open_payers(stage)
    paying = [asyncio.create_task(payers.keep_paying()) for _ in range(AT_ONCE)]
    for point in POINTS:
        stage.failpoints.arm("orders", point)
        await wait_until(
            lambda point=point: is_reached(stage, point),
            deadline_s=REACHED_DEADLINE_S,
            poll_ms=100,
            what=point,
        )
    await stop(payers, *paying)
    tell_figure(
        f"ended at {len(POINTS)} failpoints: {len(payers.expected)} orders, sent again {dict(payers.retries)}"
    )

    await see_nothing_under_way(stage, payers.event_id)
    assert payers.expected == await stage.backstage.order_states(payers.event_id)
    tickets = await stage.backstage.valid_tickets(payers.event_id)
    kept = Counter(order_id for order_id, state in payers.expected.items() if state == "confirmed")
    assert kept == Counter(order_id for _, order_id in tickets)
    assert dict(tickets) == await stage.backstage.sold_seats(payers.event_id)
    assert dead_letters_before == await stage.backstage.dead_letters()
    compared = await see_books_agree(stage.system)
    assert min(compared["orders"], compared["payments"]) >= len(payers.expected)


async def is_reached(stage, point):
    """Whether a process ended there; whoever looks after payments has something to look after."""
    await stage.backstage.have_payments_asked_about()
    return not stage.failpoints.is_armed("orders", point)


async def see_nothing_under_way(stage, event_id):
    """Wait until no payment, refund or order of the event waits for anybody, and no message is left behind."""
    left = {}

    async def is_over():
        rows = await stage.backstage.rows("orders", UNDER_WAY, {"event": event_id})
        left["under way"] = [(str(row.order_id), row.what) for row in rows]
        left["unsent messages"] = await stage.backstage.unsent_messages()
        return not any(left.values())

    try:
        await wait_until(is_over, deadline_s=QUIET_DEADLINE_S, poll_ms=250)
    except AssertionError as error:
        raise AssertionError(f"{error}: {left}") from None
