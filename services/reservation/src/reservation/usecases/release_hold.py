"""A buyer gives up a whole hold; its seats are on sale again at once."""

from typing import Literal
from uuid import UUID

from chassis.database import Transaction
from messages.reservation import HoldReleased
from reservation.domain.holds import HoldState
from reservation.storage.events import mark_changed
from reservation.storage.holds import LockedHold, end_holds, locked_hold
from reservation.storage.outbox import OUTBOX
from reservation.storage.seats import free_seats
from reservation.usecases.ownership import HoldOwner

Reason = Literal["buyer", "event_cancelled", "order_cancelled"]


async def release_hold(tx: Transaction, *, hold_id: UUID, owner: HoldOwner) -> None:
    """Raises HoldNotFound, HoldHasExpired or HoldNotActive."""
    locked = await locked_hold(tx, hold_id=hold_id)
    owner.require(locked.hold)
    locked.hold.require_active(locked.now)
    await end_by_release(tx, locked, reason="buyer")


async def end_by_release(tx: Transaction, locked: LockedHold, *, reason: Reason) -> None:
    """Release a locked hold that is still active in its row: free what it carries, and tell."""
    hold = locked.hold
    await free_seats(tx, [(hold.event_id, seat_id) for seat_id in locked.carried_seat_ids])
    await end_holds(tx, hold_ids=[hold.hold_id], state=HoldState.RELEASED)
    await mark_changed(tx, event_ids=[hold.event_id])
    await OUTBOX.enqueue(tx, HoldReleased(hold_id=hold.hold_id, event_id=hold.event_id, reason=reason))
