"""Let the holds of an order last while it is being paid, as far as the limits of holds go."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Transaction
from reservation.domain.errors import HoldTimeUsedUp, RenewalsUsedUp
from reservation.domain.holds import Hold, HoldLimits, HoldState
from reservation.storage.holds import LockedHold, extend_hold, locked_holds

GAIN_MIN_OF_DURATION = 1 / 30
"""The least gain a renewal is made for, as a part of a hold's duration: a hold can be renewed a few times
only, and the same request again, after an answer that was lost, must not use up another.
"""


@dataclass(frozen=True, slots=True)
class HoldTime:
    """Until when a hold's seats are kept for it: not beyond now when it is over or a seat of it is gone."""

    hold_id: UUID
    expires_at: datetime
    renewed: bool


async def renew_holds(tx: Transaction, *, hold_ids: Collection[UUID], limits: HoldLimits) -> list[HoldTime]:
    """Renew each hold that can be and gains by it. Refuses nothing; unknown holds are left out."""
    locked = await locked_holds(tx, hold_ids=hold_ids)
    return [await _renew(tx, locked[hold_id], limits) for hold_id in sorted(locked)]


async def _renew(tx: Transaction, locked: LockedHold, limits: HoldLimits) -> HoldTime:
    hold = locked.hold
    keeps_seats = locked.has_every_seat and locked.event_on_sale
    if not keeps_seats or hold.state_at(locked.now) is not HoldState.ACTIVE:
        return HoldTime(hold.hold_id, min(hold.expires_at, locked.now), renewed=False)
    until = _latest_expiry(hold, locked.now, limits)
    if until - hold.expires_at < timedelta(seconds=limits.hold_duration_s * GAIN_MIN_OF_DURATION):
        return HoldTime(hold.hold_id, hold.expires_at, renewed=False)
    await extend_hold(tx, hold, expires_at=until)
    return HoldTime(hold.hold_id, until, renewed=True)


def _latest_expiry(hold: Hold, now: datetime, limits: HoldLimits) -> datetime:
    try:
        return hold.renewed_until(now, limits=limits)
    except (RenewalsUsedUp, HoldTimeUsedUp):
        return hold.expires_at
