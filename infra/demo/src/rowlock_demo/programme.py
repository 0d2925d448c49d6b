"""What the demo puts on sale: three venues and their shows.

Days are counted from the day of loading, so that the demo never goes out of date.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

CURRENCY = "PLN"
TIME_ZONE = "Europe/Warsaw"
CANCELLABLE_UNTIL = timedelta(hours=24)
"""How long before the start an order can still be cancelled."""
ATTENDEES_FINAL = timedelta(hours=48)
"""How long before the start attendees who gave a PESEL can still be corrected."""
ON_SALE_SINCE = timedelta(days=1)

Prices = dict[str, dict[str, int]]
"""Price category of the plan -> ticket type -> price in minor units."""


@dataclass(frozen=True, kw_only=True)
class Venue:
    name: str
    city: str
    address: str
    plan: str
    """The example plan of its hall, by its name under examples/."""

    def body(self) -> dict[str, Any]:
        """As POST /venues takes it."""
        return {
            "name": self.name,
            "city": self.city,
            "country": "PL",
            "address": self.address,
            "time_zone": TIME_ZONE,
        }


@dataclass(frozen=True, kw_only=True)
class Show:
    title: str
    description: str
    venue: Venue
    in_days: tuple[int, ...]
    """One event for each of these days from today."""
    at: time
    lasts: timedelta
    prices: Prices
    seats_per_order_max: int = 10
    tickets_per_person_max: int | None = None
    """With a number, each attendee gives a PESEL, by which the tickets of one person are counted."""

    def starts(self, *, now: datetime) -> list[datetime]:
        """When its events start, in UTC."""
        today = now.astimezone(ZoneInfo(TIME_ZONE)).date()
        local = (
            datetime.combine(today + timedelta(days=days), self.at, tzinfo=ZoneInfo(TIME_ZONE))
            for days in self.in_days
        )
        return [start.astimezone(UTC) for start in local]

    def body(
        self, *, venue_id: str, seating_plan_id: str, starts_at: datetime, now: datetime
    ) -> dict[str, Any]:
        """One of its events as POST /events takes it."""
        return {
            "title": self.title,
            "description": self.description,
            "venue_id": venue_id,
            "seating_plan_id": seating_plan_id,
            "starts_at": _rfc3339(starts_at),
            "ends_at": _rfc3339(starts_at + self.lasts),
            "sales_start_at": _rfc3339(
                now.replace(hour=0, minute=0, second=0, microsecond=0) - ON_SALE_SINCE
            ),
            "sales_end_at": _rfc3339(starts_at),
            "currency": CURRENCY,
            "price_categories": [
                {
                    "name": category,
                    "ticket_types": [{"name": name, "price_minor": price} for name, price in types.items()],
                }
                for category, types in self.prices.items()
            ],
            "seats_per_order_max": self.seats_per_order_max,
            "pesel_required": self.tickets_per_person_max is not None,
            "tickets_per_person_max": self.tickets_per_person_max,
            "cancellation_deadline_at": _rfc3339(starts_at - CANCELLABLE_UNTIL),
            "attendees_final_at": self._attendees_final_at(starts_at),
        }

    def _attendees_final_at(self, starts_at: datetime) -> str | None:
        return None if self.tickets_per_person_max is None else _rfc3339(starts_at - ATTENDEES_FINAL)


GRAND_THEATRE = Venue(name="Grand Theatre", city="Kraków", address="Plac Teatralny 1", plan="theatre")
HARBOUR_ARENA = Venue(name="Harbour Arena", city="Gdańsk", address="Nabrzeże 12", plan="arena")
CELLAR_CLUB = Venue(name="Cellar Club", city="Wrocław", address="Ruska 46", plan="club")

REHEARSAL = Show(
    title="Open rehearsal: The Tempest",
    description="Watch the company at work before opening night. Entrance is free, seats are numbered.",
    venue=GRAND_THEATRE,
    in_days=(14,),
    at=time(17, 0),
    lasts=timedelta(hours=2),
    prices={"Premium": {"visitor": 0}, "Stalls": {"visitor": 0}, "Balcony": {"visitor": 0}},
    seats_per_order_max=6,
)
TEMPEST = Show(
    title="The Tempest",
    description="Shakespeare's last play alone, on three evenings.",
    venue=GRAND_THEATRE,
    in_days=(21, 22, 23),
    at=time(19, 30),
    lasts=timedelta(hours=2, minutes=45),
    prices={
        "Premium": {"adult": 18000, "concession": 12000},
        "Stalls": {"adult": 12000, "concession": 8000},
        "Balcony": {"adult": 7000, "concession": 4500},
    },
)
NORTHERN_LIGHTS = Show(
    title="Northern Lights Tour",
    description="The full band, the full light show. Standing on the floor, seats all around it.",
    venue=HARBOUR_ARENA,
    in_days=(60,),
    at=time(20, 0),
    lasts=timedelta(hours=3),
    prices={
        "Front standing": {"adult": 34900},
        "Lower tier": {"adult": 29900, "concession": 24900},
        "Rear standing": {"adult": 24900},
        "Upper tier": {"adult": 17900, "concession": 13900},
        "Side view": {"adult": 11900, "concession": 9900},
    },
    seats_per_order_max=8,
)
JAM_SESSION = Show(
    title="Jam session",
    description="Bring an instrument or just listen. Free entrance, standing only.",
    venue=CELLAR_CLUB,
    in_days=(10,),
    at=time(21, 0),
    lasts=timedelta(hours=4),
    prices={"Floor": {"guest": 0}, "Gallery": {"guest": 0}},
)
GALA = Show(
    title="Gala for blood donors",
    description="A thank-you evening. Entrance is free, one seat a person, so every guest gives a PESEL.",
    venue=GRAND_THEATRE,
    in_days=(28,),
    at=time(18, 0),
    lasts=timedelta(hours=2),
    prices={"Premium": {"donor": 0}, "Stalls": {"donor": 0}, "Balcony": {"donor": 0}},
    seats_per_order_max=4,
    tickets_per_person_max=1,
)

SHOWS = (REHEARSAL, TEMPEST, NORTHERN_LIGHTS, JAM_SESSION, GALA)
VENUES = (GRAND_THEATRE, HARBOUR_ARENA, CELLAR_CLUB)


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
