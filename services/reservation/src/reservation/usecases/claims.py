"""What stands between an order and the seats of its holds, and the judgement of it."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Literal
from uuid import UUID

from chassis.database import Transaction
from messages.reservation import ConfirmHolds, EventSeats, HeldSeats, HoldsRefused
from reservation.domain.holds import HoldState
from reservation.storage.events import ON_SALE
from reservation.storage.holds import Claims, find_holds, lock_claims
from reservation.storage.seats import SeatKey

Reason = Literal["hold_released", "seats_taken", "event_cancelled", "hold_unknown"]


async def lock_asked(
    tx: Transaction, *, asked: Sequence[HeldSeats], others: Collection[SeatKey] = ()
) -> Claims:
    """Lock the events, the seats (those asked for, all the holds ever had, and `others`) and the holds."""
    hold_ids = [each.hold_id for each in asked]
    found = await find_holds(tx, hold_ids=hold_ids)
    keys = {seat for stored in found.values() for seat in stored.granted_seats}
    keys |= set(_keys(asked)) | set(others)
    event_ids = {event_id for event_id, _ in keys}
    return await lock_claims(tx, event_ids=event_ids, seats=keys, hold_ids=hold_ids)


def are_sold_to(asked: Sequence[HeldSeats], claims: Claims, *, order_id: UUID) -> bool:
    """Whether every seat asked for is sold to this very order; they were confirmed, long ago."""
    seats = [claims.seats.get(key) for key in _keys(asked)]
    return all(seat is not None and seat.order_id == order_id for seat in seats)


def refusal_of(command: ConfirmHolds, claims: Claims) -> HoldsRefused | None:
    """The refusal, for the first reason found, with the seats lost for it; None to confirm."""
    for reason, losses_of in _CHECKS:
        losses = losses_of(command.holds, claims)
        lost = tuple(
            EventSeats(event_id=asked.event_id, seat_ids=losses[asked.hold_id])
            for asked in command.holds
            if asked.hold_id in losses
        )
        if lost:
            return HoldsRefused(order_id=command.order_id, reason=reason, lost_seats=lost)
    return None


def taken_seats(asked: Sequence[HeldSeats], claims: Claims) -> dict[UUID, tuple[str, ...]]:
    """By hold, the seats that cannot be claimed for it; a seat asked for by two holds is nobody's."""
    times_asked = Counter(_keys(asked))

    def is_claimable(hold_id: UUID, key: SeatKey) -> bool:
        return times_asked[key] == 1 and (claims.carries(hold_id, key) or claims.seats[key].is_free)

    taken: dict[UUID, tuple[str, ...]] = {}
    for each in asked:
        sold = claims.holds[each.hold_id].hold.state is HoldState.CONFIRMED
        lost = [
            seat for seat in each.seat_ids if sold or not is_claimable(each.hold_id, (each.event_id, seat))
        ]
        if lost:
            taken[each.hold_id] = tuple(lost)
    return taken


def _of_unknown_holds(asked: Sequence[HeldSeats], claims: Claims) -> dict[UUID, tuple[str, ...]]:
    def is_known(each: HeldSeats) -> bool:
        stored = claims.holds.get(each.hold_id)
        return stored is not None and stored.hold.event_id == each.event_id

    return {each.hold_id: each.seat_ids for each in asked if not is_known(each)}


def _of_cancelled_events(asked: Sequence[HeldSeats], claims: Claims) -> dict[UUID, tuple[str, ...]]:
    return {each.hold_id: each.seat_ids for each in asked if claims.events.get(each.event_id) != ON_SALE}


def _released_seats(asked: Sequence[HeldSeats], claims: Claims) -> dict[UUID, tuple[str, ...]]:
    released: dict[UUID, tuple[str, ...]] = {}
    for each in asked:
        hold = claims.holds[each.hold_id].hold
        if hold.state is HoldState.RELEASED:
            released[each.hold_id] = each.seat_ids
        elif set(each.seat_ids) != set(hold.seat_ids):
            released[each.hold_id] = tuple(seat for seat in each.seat_ids if seat not in hold.seat_ids)
    return released


def _keys(asked: Sequence[HeldSeats]) -> list[SeatKey]:
    return [(each.event_id, seat_id) for each in asked for seat_id in each.seat_ids]


_Losses = Callable[[Sequence[HeldSeats], Claims], dict[UUID, tuple[str, ...]]]
_CHECKS: Sequence[tuple[Reason, _Losses]] = (
    ("hold_unknown", _of_unknown_holds),
    ("event_cancelled", _of_cancelled_events),
    ("hold_released", _released_seats),
    ("seats_taken", taken_seats),
)
