"""Orders gives up the holds of an order that was cancelled before it was paid: nothing was sold yet."""

from chassis.database import Transaction
from messages.reservation import ReleaseHolds
from reservation.domain.holds import HoldState
from reservation.storage.holds import locked_holds
from reservation.usecases.release_hold import end_by_release


async def release_holds(tx: Transaction, *, command: ReleaseHolds) -> None:
    """Releases those still active; a hold that is unknown or over has nothing to give up."""
    for locked in (await locked_holds(tx, hold_ids=command.hold_ids)).values():
        if locked.hold.state is HoldState.ACTIVE:
            await end_by_release(tx, locked, reason="order_cancelled")
