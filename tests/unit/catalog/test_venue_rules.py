from uuid import UUID

import pytest

from catalog.domain.venue import CountryUnknown, TimeZoneUnknown, Venue, check_venue


def venue(*, country="PL", time_zone="Europe/Warsaw"):
    return Venue(
        venue_id=UUID(int=1),
        organization_id=UUID(int=2),
        name="Grand Theatre",
        city="Kraków",
        country=country,
        address=None,
        time_zone=time_zone,
    )


def test_a_venue_stands_in_a_country_and_a_time_zone():
    check_venue(venue())


def test_the_country_exists():
    with pytest.raises(CountryUnknown):
        check_venue(venue(country="XX"))


@pytest.mark.parametrize("time_zone", ["Mars/Olympus", "Europe", "../etc/passwd", "/etc/localtime", "UTC\n"])
def test_the_time_zone_exists(time_zone):
    with pytest.raises(TimeZoneUnknown):
        check_venue(venue(time_zone=time_zone))
