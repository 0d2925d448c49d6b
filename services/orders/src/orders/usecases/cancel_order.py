"""Cancels an order at its buyer's word: before it is paid at once, afterwards through reservation."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.offer import check_cancellable
from orders.domain.order import Order
from orders.domain.rights import OrderRight
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.offers import load_offers
from orders.storage.ownership import lock_own_order
from orders.usecases.finalize_order import OrderIsOver
from orders.usecases.steps import recall, withdraw


class OrderIsFinalizing(Exception):
    """Reservation is being asked for the seats: wait for its answer, then cancel."""

    def __init__(self) -> None:
        super().__init__("the order is being finalized: cancel it when that is done")


async def cancel_order(tx: Transaction, *, order_id: UUID, right: OrderRight, now: datetime) -> OrderState:
    """Cancel, or start to, and give the order's state; asked again it changes nothing.

    Every event of a confirmed order must still allow it. Raises OrderNotFound,
    OrderIsFinalizing, OrderIsOver or CancellationDeadlinePassed.
    """
    order = await lock_own_order(tx, order_id=order_id, right=right)
    reason, actor = Reason.CANCELLED_BY_BUYER, Actor.BUYER
    match effect_of(Trigger.CANCELLATION, order.state):
        case Effect.WITHDRAW:
            order = await withdraw(tx, order=order, reason=reason, actor=actor, now=now)
        case Effect.RECALL:
            await _check_deadline(tx, order, now)
            order = await recall(tx, order=order, reason=reason, actor=actor, now=now)
        case Effect.REFUSE_REQUEST:
            raise _refusal(order.state)
        case _:
            pass  # cancelling or cancelled already: the answer is the state it is in
    return order.state


async def _check_deadline(tx: Transaction, order: Order, now: datetime) -> None:
    offers = await load_offers(tx, {hold.event_id for hold in order.holds})
    check_cancellable(list(offers.values()), now)


def _refusal(state: OrderState) -> OrderIsFinalizing | OrderIsOver:
    return OrderIsFinalizing() if state is OrderState.FINALIZING else OrderIsOver(state)
