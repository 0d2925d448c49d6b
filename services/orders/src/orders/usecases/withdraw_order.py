"""A hold was given up: an order that still awaits payment for it ends, with all its holds."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, Reason
from orders.storage.orders import lock_order_of_hold
from orders.usecases.steps import withdraw


async def withdraw_order(tx: Transaction, *, hold_id: UUID, reason: Reason, now: datetime) -> None:
    """Handle HoldReleased. An order past that state is decided by the answer to ConfirmHolds."""
    order = await lock_order_of_hold(tx, hold_id)
    if order and effect_of(Trigger.HOLD_RELEASED, order.state) is Effect.WITHDRAW:
        actor = Actor.ORGANIZER if reason is Reason.EVENT_CANCELLED else Actor.BUYER
        await withdraw(tx, order=order, reason=reason, actor=actor, now=now)
