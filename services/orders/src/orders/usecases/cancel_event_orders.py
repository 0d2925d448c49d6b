"""Cancels the orders of cancelled events, a batch at a time.

A basket may span events. When one of them is cancelled the whole order is cancelled and
refunded: the simplest rule that keeps no money for a ticket that is worth nothing.
"""

from datetime import datetime, timedelta

from chassis.database import Transaction
from orders.domain.order import Order
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, Reason
from orders.storage.cancelled_event_orders import close_done_cancellations, lock_orders_of_cancelled_events
from orders.usecases.steps import recall, withdraw

PLACING_S_MAX = 60
"""Longer than any transaction lives: one that read the event as on sale has ended by then."""


async def cancel_event_orders(tx: Transaction, *, orders_max: int, now: datetime) -> int:
    """Cancel at most `orders_max` orders of cancelled events; gives how many.

    The work left is found in the tables and nowhere else, so it resumes after any crash, and
    replicas share it. An event is done when no order is left that could still be cancelled.
    """
    batch = await lock_orders_of_cancelled_events(tx, orders_max=orders_max)
    for order in batch:
        await _cancel(tx, order, now)
    if not batch:
        done_before = now - timedelta(seconds=PLACING_S_MAX)
        await close_done_cancellations(tx, cancelled_before=done_before, at=now)
    return len(batch)


async def _cancel(tx: Transaction, order: Order, now: datetime) -> None:
    reason, actor = Reason.EVENT_CANCELLED, Actor.ORGANIZER
    match effect_of(Trigger.EVENT_CANCELLED, order.state):
        case Effect.WITHDRAW:
            await withdraw(tx, order=order, reason=reason, actor=actor, now=now)
        case Effect.RECALL:
            await recall(tx, order=order, reason=reason, actor=actor, now=now)
        case _:
            pass  # not selected: the other states are over or wait for reservation's answer
