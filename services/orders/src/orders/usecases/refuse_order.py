"""Reservation could not give the seats: the money goes back, or a free order expires."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Change, Order
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.orders import lock_order
from orders.usecases.give_back_money import give_back_all
from orders.usecases.steps import move


async def refuse_order(tx: Transaction, *, order_id: UUID, reason: Reason, now: datetime) -> None:
    """Handle HoldsRefused; after the first one it changes nothing."""
    order = await lock_order(tx, order_id)
    if effect_of(Trigger.HOLDS_REFUSED, order.state) is not Effect.REFUSE:
        return
    change = Change(state=_state_after(order, reason), reason=reason, actor=Actor.RESERVATION, at=now)
    await move(tx, order=order, change=change)
    await give_back_all(tx, order_id=order_id, reason=reason, now=now)


def _state_after(order: Order, reason: Reason) -> OrderState:
    if not order.is_free:
        return OrderState.REFUNDED
    return OrderState.CANCELLED if reason is Reason.EVENT_CANCELLED else OrderState.EXPIRED
