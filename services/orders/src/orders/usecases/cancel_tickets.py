"""Cancels some tickets of a confirmed order at its buyer's word; the others stay valid."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from messages.orders import OrderTicketsCancelled
from messages.reservation import EventSeats, ReleaseSeats
from orders.domain.cancellation import CancellationTerms, SoldTicket, choose_tickets
from orders.domain.order import Change, Order
from orders.domain.refund import cause_of_ticket
from orders.domain.rights import OrderRight
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.orders import save_stay
from orders.storage.outbox import send
from orders.storage.ownership import lock_own_order
from orders.storage.sold_tickets import tickets_of_order, valid_tickets, void_some_tickets
from orders.usecases.cancel_order import cancellation_terms
from orders.usecases.give_back_money import give_back_share
from orders.usecases.steps import recall

_REASON, _ACTOR = Reason.TICKETS_CANCELLED, Actor.BUYER


async def cancel_tickets(
    tx: Transaction, *, order_id: UUID, ticket_ids: Collection[UUID], right: OrderRight, now: datetime
) -> OrderState:
    """Cancel those of the tickets that are still valid, and give the order's state; the last ones cancel
    the whole order. Asked again it changes nothing.

    Raises OrderNotFound, TicketsUnknown or CancellationDeadlinePassed.
    """
    order = await lock_own_order(tx, order_id=order_id, right=right)
    # Only a confirmed order has valid tickets, so its state need not be asked.
    valid = await valid_tickets(tx, order_id=order_id)
    had = await tickets_of_order(tx, order_id=order_id)
    given_back = choose_tickets(ticket_ids, valid=valid, had=had)
    if not given_back:
        return order.state
    terms = await cancellation_terms(tx, given_back, now)
    if len(given_back) == len(valid):
        return (await _cancel_all(tx, order, terms, now)).state
    return (await _cancel_some(tx, order, given_back, terms, now)).state


async def _cancel_all(tx: Transaction, order: Order, terms: CancellationTerms, now: datetime) -> Order:
    reason, fee_minor = Reason.CANCELLED_BY_BUYER, terms.total.fee_minor
    return await recall(tx, order=order, reason=reason, actor=_ACTOR, fee_minor=fee_minor, now=now)


async def _cancel_some(
    tx: Transaction, order: Order, given_back: Sequence[SoldTicket], terms: CancellationTerms, now: datetime
) -> Order:
    change = Change(state=order.state, reason=_REASON, actor=_ACTOR, at=now)
    after = await save_stay(tx, order=order, change=change)
    await void_some_tickets(tx, given_back=given_back, at=now)
    for ticket in given_back:
        await give_back_share(
            tx,
            order_id=order.order_id,
            cause=cause_of_ticket(ticket.ticket_id),
            share=terms.shares[ticket.ticket_id],
            reason=_REASON,
            now=now,
        )
    await send(tx, _release(order, given_back), _news(after, given_back))
    return after


def _release(order: Order, given_back: Sequence[SoldTicket]) -> ReleaseSeats:
    seats_by_event = defaultdict[UUID, list[str]](list)
    for ticket in given_back:
        seats_by_event[ticket.event_id].append(ticket.seat_id)
    seats = (EventSeats(event_id=event_id, seat_ids=tuple(ids)) for event_id, ids in seats_by_event.items())
    return ReleaseSeats(order_id=order.order_id, seats=tuple(seats))


def _news(after: Order, given_back: Sequence[SoldTicket]) -> OrderTicketsCancelled:
    ticket_ids = tuple(ticket.ticket_id for ticket in given_back)
    return OrderTicketsCancelled(order_id=after.order_id, version=after.version, ticket_ids=ticket_ids)
