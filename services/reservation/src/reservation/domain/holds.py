"""A hold and what may become of it.

    active    -> confirmed   its order was paid; the seats are sold
    active    -> released    given up by its buyer, its order or its event's cancellation
    active    -> expired     its time ran out (the seats were free from that moment on)
    expired   -> confirmed   paid late, and every seat was still unclaimed

Nothing leaves `confirmed` or `released`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from reservation.domain.errors import (
    HoldHasExpired,
    HoldNotActive,
    HoldTimeUsedUp,
    RenewalsUsedUp,
    SeatNotInHold,
)


class HoldState(StrEnum):
    ACTIVE = "active"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """How long holds last, and how many a buyer or the guests of one address may have of an event."""

    hold_duration_s: int
    hold_seats_max: int
    active_holds_per_buyer_max: int
    active_holds_per_guest_address_max: int
    hold_renewals_max: int
    hold_total_s_max: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Seats of one event kept for a buyer until `expires_at`; `seat_ids` are those not given up since, and
    once it is confirmed those it was sold with.
    """

    hold_id: UUID
    event_id: UUID
    buyer_id: str
    seat_ids: tuple[str, ...]
    state: HoldState
    placed_at: datetime
    expires_at: datetime
    renewals: int

    def state_at(self, now: datetime) -> HoldState:
        """The state as a buyer sees it: expired from the moment of expiry, swept or not."""
        lapsed = self.state is HoldState.ACTIVE and self.expires_at <= now
        return HoldState.EXPIRED if lapsed else self.state

    def require_active(self, now: datetime) -> None:
        """Raises HoldHasExpired or HoldNotActive."""
        state = self.state_at(now)
        if state is HoldState.EXPIRED:
            raise HoldHasExpired(hold_id=self.hold_id, expired_at=self.expires_at)
        if state is not HoldState.ACTIVE:
            raise HoldNotActive(hold_id=self.hold_id, state=state)

    def require_seat(self, seat_id: str) -> None:
        if seat_id not in self.seat_ids:
            raise SeatNotInHold(seat_id=seat_id)

    def renewed_until(self, now: datetime, *, limits: HoldLimits) -> datetime:
        """The expiry a renewal gives, capped by the total time; raises when nothing is left to give."""
        self.require_active(now)
        if self.renewals >= limits.hold_renewals_max:
            raise RenewalsUsedUp(renewals_max=limits.hold_renewals_max)
        last = self.placed_at + timedelta(seconds=limits.hold_total_s_max)
        until = min(now + timedelta(seconds=limits.hold_duration_s), last)
        if until <= self.expires_at:
            raise HoldTimeUsedUp(total_s_max=limits.hold_total_s_max)
        return until
