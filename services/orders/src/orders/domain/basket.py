"""A basket: the held seats a buyer brings, one attendee for each, and what can be wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldSeat:
    seat_id: str
    price_category: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """What a hold token states."""

    hold_id: UUID
    event_id: UUID
    expires_at: datetime
    seats: tuple[HeldSeat, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Attendee:
    """Who will sit on a seat. `event_id` and `hold_id` may be left out where the seat is plain."""

    seat_id: str
    ticket_type: str
    # Not in the repr: that ends up in logs.
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    pesel: str | None = field(default=None, repr=False)
    event_id: UUID | None = None
    hold_id: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One seat of an order with its price frozen at placing, in minor units."""

    hold_id: UUID
    event_id: UUID
    seat_id: str
    price_category: str
    ticket_type: str
    price_minor: int
    attendee: Attendee


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing wrong with what was sent: where (`attendees.0.seat_id`) and which rule it breaks."""

    field: str
    rule: str


class BasketError(Exception):
    """What was sent does not make an order."""

    def __init__(self, message: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(message)


class HoldsOverlap(BasketError):
    """A hold, or a seat, stands in the basket twice: one of its tokens is out of date."""


class AttendeesDoNotMatchSeats(BasketError):
    """Every held seat takes exactly one attendee."""


class TicketTypeUnknown(BasketError):
    """The event sells no such ticket type in the seat's price category."""


class AttendeesInvalid(BasketError):
    """An attendee lacks what the event requires, or brings what it does not ask for."""


class TooManySeats(BasketError):
    """An order has more seats of an event than the organizer allows."""


class CurrenciesDiffer(BasketError):
    """One order is paid in one currency."""
