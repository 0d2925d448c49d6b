"""Events as buyers browse them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from catalog.api.schemas.parts import PriceRange, SeatsLeft, VenueName
from catalog.queries.browsing import Listing


class ListingOut(BaseModel):
    """An upcoming event in the list."""

    event_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    sales_start_at: datetime
    sales_end_at: datetime
    venue: VenueName
    price_range: PriceRange
    availability: SeatsLeft

    @classmethod
    def of(cls, listing: Listing) -> "ListingOut":
        """The event, as listed."""
        return cls(
            event_id=listing.event_id,
            title=listing.title,
            starts_at=listing.starts_at,
            ends_at=listing.ends_at,
            sales_start_at=listing.sales_start_at,
            sales_end_at=listing.sales_end_at,
            venue=VenueName(name=listing.venue_name, city=listing.city),
            price_range=PriceRange(
                min_minor=listing.price_min_minor,
                max_minor=listing.price_max_minor,
                currency=listing.currency,
            ),
            availability=SeatsLeft(
                available=listing.available,
                total=listing.total,
                version=listing.version,
                as_of=listing.as_of,
            ),
        )
