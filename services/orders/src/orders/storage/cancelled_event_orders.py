"""What is left to cancel of a cancelled event: orders that await payment, and those with valid tickets."""

from datetime import datetime

from sqlalchemy import exists, select, union_all, update

from chassis.database import Transaction
from orders.domain.order import Order
from orders.domain.states import OfferState, OrderState, TicketState
from orders.storage.orders import lock_orders
from orders.storage.tables import offers, order_holds, orders, tickets

_UNDER_WAY = (offers.c.state == OfferState.CANCELLED) & offers.c.orders_cancelled_at.is_(None)


async def lock_orders_of_cancelled_events(tx: Transaction, *, orders_max: int) -> list[Order]:
    """Some orders of cancelled events that a job may cancel now; others' locks are skipped.

    A finalizing order is not among them: reservation's answer decides what becomes of it. Nor is one
    that gave all its tickets of the event back.
    """
    unpaid = orders.alias("unpaid")
    awaiting_payment = (
        select(order_holds.c.order_id)
        .join(offers, offers.c.event_id == order_holds.c.event_id)
        .join(unpaid, unpaid.c.order_id == order_holds.c.order_id)
        .where(_UNDER_WAY, unpaid.c.state == OrderState.AWAITING_PAYMENT)
    )
    with_tickets = (
        select(tickets.c.order_id)
        .join(offers, offers.c.event_id == tickets.c.event_id)
        .where(_UNDER_WAY, tickets.c.state == TicketState.VALID)
    )
    # Asked again under the lock: an order may have moved on since it was found.
    is_open = orders.c.state.in_([OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED])
    found = orders.c.order_id.in_(union_all(awaiting_payment, with_tickets)) & is_open
    return await lock_orders(tx, found, orders_max=orders_max, skip_locked=True)


async def close_done_cancellations(tx: Transaction, *, cancelled_before: datetime, at: datetime) -> None:
    """Mark cancelled events of which no order is left to cancel, so that no job looks again."""
    undecided = (
        select(order_holds.c.order_id)
        .join(orders, orders.c.order_id == order_holds.c.order_id)
        .where(
            order_holds.c.event_id == offers.c.event_id,
            orders.c.state.in_([OrderState.AWAITING_PAYMENT, OrderState.FINALIZING]),
        )
    )
    valid = select(tickets.c.ticket_id).where(
        tickets.c.event_id == offers.c.event_id, tickets.c.state == TicketState.VALID
    )
    nothing_left = ~exists(undecided) & ~exists(valid)
    done = _UNDER_WAY & (offers.c.cancelled_at < cancelled_before) & nothing_left
    await tx.execute(update(offers).where(done).values(orders_cancelled_at=at))
