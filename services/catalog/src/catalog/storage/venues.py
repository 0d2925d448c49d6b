"""Venues, written and read by their id."""

from collections.abc import Collection
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import insert, select

from catalog.domain.venue import Venue
from catalog.storage.tables import VENUES
from chassis.database import Snapshot, Transaction

VENUE_COLUMNS = (
    VENUES.c.venue_id,
    VENUES.c.organization_id,
    VENUES.c.name,
    VENUES.c.city,
    VENUES.c.country,
    VENUES.c.address,
    VENUES.c.time_zone,
)


async def add_venue(tx: Transaction, *, venue: Venue, created_by: str) -> None:
    """Insert a new venue."""
    await tx.execute(insert(VENUES).values(**asdict(venue), created_by=created_by))


async def find_venue(
    connection: Snapshot | Transaction, *, venue_id: UUID, organizations: Collection[UUID]
) -> Venue | None:
    """The venue, if it belongs to one of `organizations`."""
    query = select(*VENUE_COLUMNS).where(
        VENUES.c.venue_id == venue_id, VENUES.c.organization_id.in_(organizations)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return Venue(**row) if row else None
