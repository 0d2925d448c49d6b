"""Keep seats from sale, and put them back; an organizer's right over seats that nobody claims.

Only of events of the organizations they are an organizer in: another's looks like one that does not exist.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from uuid import UUID

from chassis.database import Transaction
from reservation.domain.errors import EventNotOnSale, SeatsNotBlocked, SeatsNotFree, UnknownSeats
from reservation.storage.events import is_own_and_on_sale, mark_changed
from reservation.storage.seats import LockedSeat, SeatKey, free_seats, lock_seats
from reservation.storage.seats import block_seats as store_block


async def block_seats(
    tx: Transaction,
    *,
    event_id: UUID,
    organization_ids: AbstractSet[UUID],
    seat_ids: Sequence[str],
    reason: str | None,
) -> None:
    """All of the seats or none. Raises EventNotOnSale, UnknownSeats or SeatsNotFree."""
    seats = await _lock(tx, event_id=event_id, organization_ids=organization_ids, seat_ids=seat_ids)
    claimed = sorted(key[1] for key, seat in seats.items() if not seat.is_free)
    if claimed:
        raise SeatsNotFree(seat_ids=tuple(claimed))
    await store_block(tx, list(seats), reason=reason)
    await mark_changed(tx, event_ids=[event_id])


async def unblock_seats(
    tx: Transaction, *, event_id: UUID, organization_ids: AbstractSet[UUID], seat_ids: Sequence[str]
) -> None:
    """All of the seats or none. Raises EventNotOnSale, UnknownSeats or SeatsNotBlocked."""
    seats = await _lock(tx, event_id=event_id, organization_ids=organization_ids, seat_ids=seat_ids)
    others = sorted(key[1] for key, seat in seats.items() if seat.state != "blocked")
    if others:
        raise SeatsNotBlocked(seat_ids=tuple(others))
    await free_seats(tx, list(seats))
    await mark_changed(tx, event_ids=[event_id])


async def _lock(
    tx: Transaction, *, event_id: UUID, organization_ids: AbstractSet[UUID], seat_ids: Sequence[str]
) -> dict[SeatKey, LockedSeat]:
    if not await is_own_and_on_sale(tx, event_id=event_id, organization_ids=organization_ids):
        raise EventNotOnSale(event_id=event_id)
    seats = await lock_seats(tx, [(event_id, seat_id) for seat_id in seat_ids])
    unknown = sorted(set(seat_ids) - {seat_id for _, seat_id in seats})
    if unknown:
        raise UnknownSeats(seat_ids=tuple(unknown))
    return seats
