"""A buyer gives up one seat of a hold; giving up the last one releases the hold."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Transaction
from reservation.domain.errors import HoldHasExpired
from reservation.domain.holds import Hold, HoldState
from reservation.storage.events import mark_changed
from reservation.storage.holds import give_up_seat, locked_hold
from reservation.storage.seats import free_seats
from reservation.usecases.ownership import HoldOwner
from reservation.usecases.release_hold import end_by_release


async def release_seat(tx: Transaction, *, hold_id: UUID, seat_id: str, owner: HoldOwner) -> Hold:
    """The hold without the seat. Raises HoldNotFound, HoldHasExpired, HoldNotActive or SeatNotInHold."""
    locked = await locked_hold(tx, hold_id=hold_id)
    hold = locked.hold
    owner.require(hold)
    hold.require_active(locked.now)
    hold.require_seat(seat_id)
    if not locked.has_every_seat:  # taken over a moment ago, by a transaction whose clock read later
        raise HoldHasExpired(hold_id=hold_id, expired_at=hold.expires_at)
    await give_up_seat(tx, hold_id=hold_id, seat_id=seat_id)
    left = replace(hold, seat_ids=tuple(kept for kept in hold.seat_ids if kept != seat_id))
    if not left.seat_ids:
        await end_by_release(tx, locked, reason="buyer")
        return replace(left, state=HoldState.RELEASED)
    await free_seats(tx, [(hold.event_id, seat_id)])
    await mark_changed(tx, event_ids=[hold.event_id])
    return left
