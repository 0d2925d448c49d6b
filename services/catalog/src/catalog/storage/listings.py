"""What buyers browse: the listing of each published event, and how many of its seats are left."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog.domain.event import Event
from catalog.domain.venue import Venue
from catalog.storage.tables import EVENT_AVAILABILITY, LISTINGS
from chassis.database import Transaction


async def add_listing(tx: Transaction, *, event: Event, venue: Venue) -> None:
    """Show the event to buyers who browse."""
    terms = event.terms
    await tx.execute(
        insert(LISTINGS).values(
            event_id=event.event_id,
            title=terms.title,
            description=terms.description,
            starts_at=terms.starts_at,
            ends_at=terms.ends_at,
            sales_start_at=terms.sales_start_at,
            sales_end_at=terms.sales_end_at,
            venue_name=venue.name,
            city=venue.city,
            currency=terms.currency,
            price_min_minor=min(terms.prices_minor),
            price_max_minor=max(terms.prices_minor),
        )
    )


async def remove_listing(tx: Transaction, *, event_id: UUID) -> None:
    """Show the event no longer to buyers who browse."""
    await tx.execute(delete(LISTINGS).where(LISTINGS.c.event_id == event_id))


async def set_availability(
    tx: Transaction,
    *,
    event_id: UUID,
    version: int,
    available: int,
    total: int,
    categories: list[dict[str, Any]],
    as_of: datetime,
) -> None:
    """Write down how many seats are left, unless a version at least as new is there already.

    `categories`: [{"price_category", "available", "total"}].
    """
    insertion = upsert(EVENT_AVAILABILITY).values(
        event_id=event_id,
        version=version,
        available=available,
        total=total,
        categories=categories,
        as_of=as_of,
    )
    told = insertion.excluded
    changes = {name: told[name] for name in ("version", "available", "total", "categories", "as_of")}
    statement = insertion.on_conflict_do_update(
        index_elements=[EVENT_AVAILABILITY.c.event_id],
        set_=changes,
        where=EVENT_AVAILABILITY.c.version < told.version,
    )
    await tx.execute(statement)
