"""Tell how many seats are left of the events whose seats changed: one message an event, not a seat."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Database, Transaction
from messages.reservation import AvailabilityChanged, CategoryAvailability
from reservation.storage.availability import (
    EventCount,
    claim_marks,
    count_seats,
    keep_counts,
    marked_events,
    raise_versions,
)
from reservation.storage.outbox import OUTBOX

MARKS_MAX = 20_000
EVENTS_AT_ONCE_MAX = 20
"""Counted in one transaction: their seats may be millions, and a statement has seconds."""


async def publish_availability(db: Database) -> int:
    """Publish the counts of all marked events; how many messages."""
    async with db.snapshot() as connection:
        marked = await marked_events(connection)
    total = 0
    for first in range(0, len(marked), EVENTS_AT_ONCE_MAX):
        some = marked[first : first + EVENTS_AT_ONCE_MAX]
        total += await db.run(lambda tx, some=some: _publish(tx, marked=some))
    return total


async def _publish(tx: Transaction, *, marked: Sequence[UUID]) -> int:
    event_ids = await claim_marks(tx, event_ids=marked, marks_max=MARKS_MAX)
    if not event_ids:
        return 0
    versions = await raise_versions(tx, event_ids=event_ids)
    counts = await count_seats(tx, event_ids=list(versions))
    await keep_counts(tx, counts)
    await OUTBOX.enqueue(
        tx, *(_message(event_id, versions[event_id], count) for event_id, count in counts.items())
    )
    return len(counts)


def _message(event_id: UUID, version: int, count: EventCount) -> AvailabilityChanged:
    return AvailabilityChanged(
        event_id=event_id,
        version=version,
        available=sum(category.available for category in count.categories),
        total=sum(category.total for category in count.categories),
        categories=tuple(
            CategoryAvailability(
                price_category=category.price_category, available=category.available, total=category.total
            )
            for category in count.categories
        ),
        counted_at=count.counted_at,
    )
