"""Tell how many seats are left of the events whose seats changed: one message an event, not a seat."""

from uuid import UUID

from chassis.clock import utc_now
from chassis.database import Database, Transaction
from messages.reservation import AvailabilityChanged, CategoryAvailability
from reservation.storage.availability import CategoryCount, claim_marks, count_seats, raise_versions
from reservation.storage.outbox import OUTBOX

MARKS_MAX = 20_000


async def publish_availability(db: Database) -> int:
    """Publish the counts of all marked events; how many messages."""
    return await db.run(_publish_marked)


async def _publish_marked(tx: Transaction) -> int:
    event_ids = await claim_marks(tx, marks_max=MARKS_MAX)
    if not event_ids:
        return 0
    versions = await raise_versions(tx, event_ids=event_ids)
    counts = await count_seats(tx, event_ids=list(versions))
    await OUTBOX.enqueue(
        tx, *(_message(id_, versions[id_], of_categories) for id_, of_categories in counts.items())
    )
    return len(counts)


def _message(event_id: UUID, version: int, counts: list[CategoryCount]) -> AvailabilityChanged:
    return AvailabilityChanged(
        event_id=event_id,
        version=version,
        available=sum(count.available for count in counts),
        total=sum(count.total for count in counts),
        categories=tuple(
            CategoryAvailability(
                price_category=count.price_category, available=count.available, total=count.total
            )
            for count in counts
        ),
        counted_at=utc_now(),
    )
