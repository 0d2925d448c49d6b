"""A venue: where events take place. Never changed once made; events copy its name and city."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from catalog.domain.countries import COUNTRIES


class CountryUnknown(Exception):
    """The country is not one of ISO 3166-1."""

    def __init__(self, country: str) -> None:
        super().__init__(f"{country!r} is not an ISO 3166-1 alpha-2 country code.")


class TimeZoneUnknown(Exception):
    """The time zone is not in the IANA database."""

    def __init__(self, time_zone: str) -> None:
        super().__init__(f"{time_zone!r} is not an IANA time zone, such as Europe/Warsaw.")


@dataclass(frozen=True, slots=True)
class Venue:
    """`country` is ISO 3166-1 alpha-2; `time_zone` an IANA name, for showing times to people."""

    venue_id: UUID
    organization_id: UUID
    name: str
    city: str
    country: str
    address: str | None
    time_zone: str


def check_venue(venue: Venue) -> None:
    """Raises CountryUnknown or TimeZoneUnknown."""
    if venue.country not in COUNTRIES:
        raise CountryUnknown(venue.country)
    try:
        ZoneInfo(venue.time_zone)
    except (KeyError, ValueError, OSError):  # not found, not a zone name, a folder of zones
        raise TimeZoneUnknown(venue.time_zone) from None
