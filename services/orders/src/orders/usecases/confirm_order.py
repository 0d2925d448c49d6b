"""Reservation sold the seats: issue the tickets, or send the seats back if nobody wants them now."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.statements import at_once
from orders.domain.order import Change, Order
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.seat_exchange import GivenSeats
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.offers import cancelled_events
from orders.storage.orders import lock_order
from orders.storage.tickets import issue_tickets
from orders.usecases.exchange_seats import exchange_seats
from orders.usecases.steps import give_back, move, recall


async def confirm_order(
    tx: Transaction, *, order_id: UUID, given: Sequence[GivenSeats] = (), now: datetime
) -> None:
    """Handle HoldsConfirmed in whatever state the order is by now; `given` are seats sold instead of others.

    Seats that are not wanted any more go back as well as those that are: the order has them first.
    """
    order = await lock_order(tx, order_id)
    effect = effect_of(Trigger.HOLDS_CONFIRMED, order.state)
    if effect is not Effect.NOTHING:  # else a duplicate: already confirmed, or already on the way back
        order = await exchange_seats(tx, order=order, given=given)
    match effect:
        case Effect.CONFIRM:
            sold = Reason.SEATS_EXCHANGED if given else Reason.SEATS_SOLD
            await _confirm_or_recall(tx, order, sold, now)
        case Effect.RECALL:
            too_late = Reason.SEATS_SOLD_TOO_LATE
            await recall(tx, order=order, reason=too_late, actor=Actor.RESERVATION, now=now)
        case Effect.GIVE_BACK:
            await give_back(tx, order=order)
        case _:
            pass


async def _confirm_or_recall(tx: Transaction, order: Order, sold: Reason, now: datetime) -> None:
    # Read after the order's lock was taken: if the event's cancellation is not visible here, the
    # job that cancels its orders has yet to look, and will find this one confirmed.
    if await cancelled_events(tx, {hold.event_id for hold in order.holds}):
        reason = Reason.EVENT_CANCELLED
        await recall(tx, order=order, reason=reason, actor=Actor.ORGANIZER, now=now)
        return
    change = Change(state=OrderState.CONFIRMED, reason=sold, actor=Actor.RESERVATION, at=now)
    async with at_once(tx):
        await move(tx, order=order, change=change)
        await issue_tickets(tx, order=order, at=now)
