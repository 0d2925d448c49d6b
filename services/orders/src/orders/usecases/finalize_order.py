"""Finalizes a free order at its buyer's word, also late, after its holds lapsed."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Order
from orders.domain.rights import OrderRight
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.offers import cancelled_events
from orders.storage.ownership import lock_own_order
from orders.usecases.place_order import EventIsCancelled
from orders.usecases.steps import finalize


class OrderIsOver(Exception):
    """The order is {state}: nothing can be done with it any more."""

    def __init__(self, state: OrderState) -> None:
        self.state = state
        super().__init__(f"the order is {state}: this can no longer be done")


class PaymentMissing(Exception):
    """An order that costs something is finalized by its payment."""

    def __init__(self, order: Order) -> None:
        self.total = order.total
        super().__init__("the order is finalized by its payment, which has not arrived")


async def finalize_order(tx: Transaction, *, order_id: UUID, right: OrderRight, now: datetime) -> OrderState:
    """Start finalizing and give the order's state; asked again it changes nothing.

    A lapsed order is finalized all the same: reservation sells the seats if nobody else has
    claimed them. Raises OrderNotFound, PaymentMissing, OrderIsOver, EventIsCancelled or PersonLimitReached.
    """
    order = await lock_own_order(tx, order_id=order_id, right=right)
    effect = effect_of(Trigger.FINALIZATION, order.state)
    if effect is Effect.REFUSE_REQUEST:
        raise OrderIsOver(order.state)
    if effect is Effect.NOTHING:
        return order.state
    await _check_may_finalize(tx, order)
    after = await finalize(tx, order=order, reason=Reason.FINALIZED_BY_BUYER, actor=Actor.BUYER, now=now)
    return after.state


async def _check_may_finalize(tx: Transaction, order: Order) -> None:
    if not order.is_free:
        raise PaymentMissing(order)
    if cancelled := await cancelled_events(tx, {hold.event_id for hold in order.holds}):
        raise EventIsCancelled(sorted(cancelled))
