"""Take a cancelled event off sale, and release its holds.

The event's row closes it for every claim at once; its holds are released in batches afterwards,
because there may be thousands and each of them has seats to lock.
"""

from chassis.database import Database, Transaction
from messages.catalog import EventCancelled
from messages.reservation import HoldReleased
from reservation.storage.ending import release_cancelled_batch
from reservation.storage.events import cancel_event as close_event
from reservation.storage.events import mark_changed
from reservation.storage.outbox import OUTBOX


async def cancel_event(tx: Transaction, *, message: EventCancelled) -> None:
    """From its commit on no seat of the event can be held, renewed or sold."""
    if await close_event(tx, event_id=message.event_id, version=message.version):
        await mark_changed(tx, event_ids=[message.event_id])


async def release_holds_of_cancelled(db: Database, *, batch_max: int) -> int:
    """Release every active hold of events cancelled lately, `batch_max` a transaction; how many."""
    total = 0
    while True:
        ended = await db.run(lambda tx: _release_batch(tx, batch_max=batch_max))
        total += ended
        if ended < batch_max:
            return total


async def _release_batch(tx: Transaction, *, batch_max: int) -> int:
    ended = await release_cancelled_batch(tx, batch_max=batch_max)
    messages = [HoldReleased(hold_id=h.hold_id, event_id=h.event_id, reason="event_cancelled") for h in ended]
    await OUTBOX.enqueue(tx, *messages)
    return len(ended)
