"""The list of an organizer's venues."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from catalog.domain.venue import Venue
from catalog.storage.tables import VENUES
from catalog.storage.venues import VENUE_COLUMNS
from chassis.database import Snapshot


async def list_venues(
    connection: Snapshot, *, organizations: Collection[UUID], before: UUID | None, limit: int
) -> list[Venue]:
    """Up to `limit` venues of `organizations`, newest first, made before `before`."""
    query = select(*VENUE_COLUMNS).where(VENUES.c.organization_id.in_(organizations))
    query = query.order_by(VENUES.c.venue_id.desc()).limit(limit)
    if before is not None:
        query = query.where(VENUES.c.venue_id < before)
    rows = (await connection.execute(query)).mappings()
    return [Venue(**row) for row in rows]
