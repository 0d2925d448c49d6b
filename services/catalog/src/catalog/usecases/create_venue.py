"""Create a venue."""

from catalog.domain.venue import Venue, check_venue
from catalog.storage.venues import add_venue
from chassis.database import Transaction


async def create_venue(tx: Transaction, *, venue: Venue, created_by: str) -> Venue:
    """Store a new venue. Raises CountryUnknown or TimeZoneUnknown."""
    check_venue(venue)
    await add_venue(tx, venue=venue, created_by=created_by)
    return venue
