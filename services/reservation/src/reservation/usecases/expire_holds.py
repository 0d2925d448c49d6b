"""Tidy up holds whose time is over, and tell the others.

Hygiene only: every claim and every read treats an expired hold's seats as free by itself.
"""

from chassis.database import Database, Transaction
from messages.reservation import HoldExpired
from reservation.storage.ending import expire_batch
from reservation.storage.outbox import OUTBOX


async def expire_holds(db: Database, *, batch_max: int) -> int:
    """End all expired holds, `batch_max` a transaction; how many there were."""
    total = 0
    while True:
        ended = await db.run(lambda tx: _expire_batch(tx, batch_max=batch_max))
        total += ended
        if ended < batch_max:
            return total


async def _expire_batch(tx: Transaction, *, batch_max: int) -> int:
    ended = await expire_batch(tx, batch_max=batch_max)
    messages = [HoldExpired(hold_id=h.hold_id, event_id=h.event_id, expired_at=h.expires_at) for h in ended]
    await OUTBOX.enqueue(tx, *messages)
    return len(ended)
