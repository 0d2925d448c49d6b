"""Take back SOLD seats of an order that were called off: they are on sale again."""

from chassis.database import Transaction
from messages.reservation import ReleaseSeats, SeatsReleased
from reservation.storage.events import lock_events_for_claim, mark_changed
from reservation.storage.outbox import OUTBOX
from reservation.storage.seats import free_seats, lock_seats


async def take_back_seats(tx: Transaction, *, command: ReleaseSeats) -> None:
    """Frees the seats that are still this order's, and answers SeatsReleased however often asked."""
    event_ids = [part.event_id for part in command.seats]
    await lock_events_for_claim(tx, event_ids=event_ids)
    seats = await lock_seats(
        tx, [(part.event_id, seat_id) for part in command.seats for seat_id in part.seat_ids]
    )
    await free_seats(tx, [key for key, seat in seats.items() if seat.order_id == command.order_id])
    await mark_changed(tx, event_ids=event_ids)
    await OUTBOX.enqueue(tx, SeatsReleased(order_id=command.order_id, seats=command.seats))
