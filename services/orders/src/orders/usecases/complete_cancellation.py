"""Reservation took the seats back: the cancellation is complete."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Change, EventSeat
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.orders import lock_order
from orders.usecases.steps import move


async def complete_cancellation(
    tx: Transaction, *, order_id: UUID, released: Collection[EventSeat], now: datetime
) -> None:
    """Handle SeatsReleased; after the first one it changes nothing.

    `released` are the seats it tells of; none: all of the order. Some only were given back before all
    of them: then the answer to all is still to come.
    """
    order = await lock_order(tx, order_id)
    if effect_of(Trigger.SEATS_RELEASED, order.state) is not Effect.COMPLETE:
        return
    if released and not order.seats <= set(released):
        return
    change = Change(state=OrderState.CANCELLED, reason=Reason.SEATS_RELEASED, actor=Actor.RESERVATION, at=now)
    await move(tx, order=order, change=change)
