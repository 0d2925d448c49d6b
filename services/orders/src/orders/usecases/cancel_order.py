"""Cancels an order at its buyer's word: before it is paid at once, afterwards through reservation."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.cancellation import CancellationTerms, SoldTicket, terms_of
from orders.domain.rights import OrderRight
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.offers import load_offers
from orders.storage.ownership import lock_own_order
from orders.storage.sold_tickets import valid_tickets
from orders.usecases.finalize_order import OrderIsOver
from orders.usecases.steps import recall, withdraw


class OrderIsFinalizing(Exception):
    """Reservation is being asked for the seats: wait for its answer, then cancel."""

    def __init__(self) -> None:
        super().__init__("the order is being finalized: cancel it when that is done")


async def cancel_order(tx: Transaction, *, order_id: UUID, right: OrderRight, now: datetime) -> OrderState:
    """Cancel, or start to, and give the order's state; asked again it changes nothing.

    Every event of a confirmed order must still allow it, and each ticket is refunded by the policy of its
    event. Raises OrderNotFound, OrderIsFinalizing, OrderIsOver or CancellationDeadlinePassed.
    """
    order = await lock_own_order(tx, order_id=order_id, right=right)
    reason, actor = Reason.CANCELLED_BY_BUYER, Actor.BUYER
    match effect_of(Trigger.CANCELLATION, order.state):
        case Effect.WITHDRAW:
            order = await withdraw(tx, order=order, reason=reason, actor=actor, now=now)
        case Effect.RECALL:
            terms = await cancellation_terms(tx, await valid_tickets(tx, order_id=order_id), now)
            fee_minor = terms.total.fee_minor
            order = await recall(tx, order=order, reason=reason, actor=actor, fee_minor=fee_minor, now=now)
        case Effect.REFUSE_REQUEST:
            raise refusal_of(order.state)
        case _:
            pass  # cancelling or cancelled already: the answer is the state it is in
    return order.state


async def cancellation_terms(
    tx: Transaction, tickets: Sequence[SoldTicket], now: datetime
) -> CancellationTerms:
    """What cancelling these tickets comes to; raises CancellationDeadlinePassed."""
    offers = await load_offers(tx, {ticket.event_id for ticket in tickets})
    return terms_of(tickets, offers=offers, now=now)


def refusal_of(state: OrderState) -> OrderIsFinalizing | OrderIsOver:
    """Why an order in this state cannot be cancelled by its buyer."""
    return OrderIsFinalizing() if state is OrderState.FINALIZING else OrderIsOver(state)
