"""Expires orders whose seats are no longer held. An expired order can still be finalized late."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Change, Order
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.orders import lock_lapsed_orders, lock_order_of_hold
from orders.usecases.steps import move


async def expire_order(tx: Transaction, *, hold_id: UUID, now: datetime) -> None:
    """Handle HoldExpired: the order of this hold, if it still awaits payment, expires.

    Its other holds are left to lapse by themselves: releasing them would make sure that a
    payment that is already under way ends in a refund instead of tickets.
    """
    order = await lock_order_of_hold(tx, hold_id)
    if order and effect_of(Trigger.HOLD_EXPIRED, order.state) is Effect.EXPIRE:
        await _expire(tx, order, Actor.RESERVATION, now)


async def expire_lapsed_orders(tx: Transaction, *, grace_s: int, orders_max: int, now: datetime) -> int:
    """Expire some orders whose holds cannot live any more; gives how many.

    The safety net for a hold that ended before its order was placed (its message found no
    order). `grace_s` covers the renewals that reservation may have granted since.
    """
    lapsed_before = now - timedelta(seconds=grace_s)
    lapsed = await lock_lapsed_orders(tx, lapsed_before=lapsed_before, orders_max=orders_max)
    for order in lapsed:
        await _expire(tx, order, Actor.ORDERS, now)
    return len(lapsed)


async def _expire(tx: Transaction, order: Order, actor: Actor, now: datetime) -> None:
    change = Change(state=OrderState.EXPIRED, reason=Reason.HOLD_EXPIRED, actor=actor, at=now)
    await move(tx, order=order, change=change)
