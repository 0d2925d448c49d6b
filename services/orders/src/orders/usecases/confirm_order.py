"""Reservation sold the seats: issue the tickets, or send the seats back if nobody wants them now."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Change, Order
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.offers import cancelled_events
from orders.storage.orders import lock_order
from orders.storage.tickets import issue_tickets
from orders.usecases.steps import give_back, move, recall


async def confirm_order(tx: Transaction, *, order_id: UUID, now: datetime) -> None:
    """Handle HoldsConfirmed in whatever state the order is by now."""
    order = await lock_order(tx, order_id)
    match effect_of(Trigger.HOLDS_CONFIRMED, order.state):
        case Effect.CONFIRM:
            await _confirm_or_recall(tx, order, now)
        case Effect.RECALL:
            too_late = Reason.SEATS_SOLD_TOO_LATE
            await recall(tx, order=order, reason=too_late, actor=Actor.RESERVATION, now=now)
        case Effect.GIVE_BACK:
            await give_back(tx, order=order)
        case _:
            pass  # a duplicate: already confirmed, or already on the way back


async def _confirm_or_recall(tx: Transaction, order: Order, now: datetime) -> None:
    # Read after the order's lock was taken: if the event's cancellation is not visible here, the
    # job that cancels its orders has yet to look, and will find this one confirmed.
    if await cancelled_events(tx, {hold.event_id for hold in order.holds}):
        reason = Reason.EVENT_CANCELLED
        await recall(tx, order=order, reason=reason, actor=Actor.ORGANIZER, now=now)
        return
    sold = Change(state=OrderState.CONFIRMED, reason=Reason.SEATS_SOLD, actor=Actor.RESERVATION, at=now)
    await move(tx, order=order, change=sold)
    await issue_tickets(tx, order_id=order.order_id, at=now)
