"""Let a hold last longer, a bounded number of times and a bounded time in all."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Transaction
from reservation.domain.errors import EventNotOnSale, HoldHasExpired
from reservation.domain.holds import Hold, HoldLimits
from reservation.storage.holds import extend_hold, locked_hold
from reservation.usecases.ownership import HoldOwner


async def renew_hold(tx: Transaction, *, hold_id: UUID, owner: HoldOwner, limits: HoldLimits) -> Hold:
    """The hold with its new expiry; an expired hold is not revived, even if nobody took its seats.

    Raises HoldNotFound, HoldHasExpired, HoldNotActive, EventNotOnSale, RenewalsUsedUp or HoldTimeUsedUp.
    """
    locked = await locked_hold(tx, hold_id=hold_id)
    hold = locked.hold
    owner.require(hold)
    until = hold.renewed_until(locked.now, limits=limits)
    if not locked.event_on_sale:
        raise EventNotOnSale(event_id=hold.event_id)
    if not locked.has_every_seat:  # taken over a moment ago, by a transaction whose clock read later
        raise HoldHasExpired(hold_id=hold_id, expired_at=hold.expires_at)
    await extend_hold(tx, hold, expires_at=until)
    return replace(hold, expires_at=until, renewals=hold.renewals + 1)
