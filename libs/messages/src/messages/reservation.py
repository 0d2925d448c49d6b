"""Messages of the reservation service: the commands it takes and what became of the seats."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from messages.base import Message


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class HeldSeats(_Part):
    """The seats of one hold that an order is made of; `seat_ids` as in the hold token."""

    hold_id: UUID
    event_id: UUID
    seat_ids: tuple[str, ...]


class EventSeats(_Part):
    event_id: UUID
    seat_ids: tuple[str, ...]


class GivenSeats(_Part):
    """Seats of a hold that others had claimed, and what was given instead: `given[n]` for `asked[n]`.

    Each is of the same price category, in rows or in the same area. Seats that stayed are not named.
    """

    hold_id: UUID
    event_id: UUID
    asked: tuple[str, ...]
    given: tuple[str, ...]


class ConfirmHolds(Message):
    """Command: sell the seats of all these holds to the order, or none of them.

    With `or_equivalent` seats that others have claimed meanwhile may be replaced by equivalent ones.
    Answered by exactly one of HoldsConfirmed or HoldsRefused, the same one however often asked.
    """

    message_type: ClassVar[str] = "reservation.confirm_holds.v1"

    order_id: UUID
    holds: tuple[HeldSeats, ...]
    or_equivalent: bool = False

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


class ReleaseHolds(Message):
    """Command: give up the holds of an order that was cancelled before it was paid."""

    message_type: ClassVar[str] = "reservation.release_holds.v1"

    order_id: UUID
    hold_ids: tuple[UUID, ...]

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


class ReleaseSeats(Message):
    """Command: put sold seats that were called off on sale again. Answered by SeatsReleased."""

    message_type: ClassVar[str] = "reservation.release_seats.v1"

    order_id: UUID
    seats: tuple[EventSeats, ...]

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


class HoldsConfirmed(Message):
    """Every seat asked for now belongs to the order, but for those it was `given` others for."""

    message_type: ClassVar[str] = "reservation.holds_confirmed.v1"

    order_id: UUID
    given: tuple[GivenSeats, ...] = ()

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


class HoldsRefused(Message):
    """No seat was given: at least one had been claimed by another, released or blocked."""

    message_type: ClassVar[str] = "reservation.holds_refused.v1"

    order_id: UUID
    reason: Literal["hold_released", "seats_taken", "event_cancelled", "hold_unknown"]
    lost_seats: tuple[EventSeats, ...]

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


class SeatsReleased(Message):
    """The seats of an order that were called off no longer belong to it: those that ReleaseSeats named.

    Without `seats` it is from before they were told.
    """

    message_type: ClassVar[str] = "reservation.seats_released.v1"

    order_id: UUID
    seats: tuple[EventSeats, ...] = ()

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id


class HoldExpired(Message):
    """A hold lapsed unpaid. Told by the sweeper, so it may come long after `expired_at`."""

    message_type: ClassVar[str] = "reservation.hold_expired.v1"

    hold_id: UUID
    event_id: UUID
    expired_at: datetime

    @property
    def aggregate_id(self) -> UUID:
        return self.hold_id


class HoldReleased(Message):
    """A hold was given up before it was paid, by its buyer or because its event was cancelled."""

    message_type: ClassVar[str] = "reservation.hold_released.v1"

    hold_id: UUID
    event_id: UUID
    reason: Literal["buyer", "event_cancelled", "order_cancelled"]

    @property
    def aggregate_id(self) -> UUID:
        return self.hold_id


class CategoryAvailability(_Part):
    price_category: str
    available: int
    total: int


class AvailabilityChanged(Message):
    """How many seats of an event are left, coalesced; a higher `version` replaces a lower one."""

    message_type: ClassVar[str] = "reservation.availability_changed.v1"

    event_id: UUID
    version: int
    available: int
    total: int
    categories: tuple[CategoryAvailability, ...]
    counted_at: datetime

    @property
    def aggregate_id(self) -> UUID:
        return self.event_id

    @property
    def aggregate_version(self) -> int:
        return self.version
