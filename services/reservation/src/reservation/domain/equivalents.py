"""Other seats for those an order lost: as many, of the same price category, next to each other in one row.

Seats of a hold that are of one price category and in rows are a group: they move together, so that people
who wanted to sit together do. A unit of an area is replaced by any other unit of it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from random import Random
from typing import TypeAlias
from uuid import UUID

from reservation.domain.geometry import Geometry
from reservation.domain.seat_map import SeatMap

SeatPlace: TypeAlias = tuple[str, int]
"""The price category of a seat and its position."""


@dataclass(frozen=True, slots=True)
class WantedSeats:
    """The seats of one event that a hold is to be confirmed with; those `lost` are others' by now."""

    hold_id: UUID
    seat_ids: tuple[str, ...]
    lost: AbstractSet[str]


def choose_equivalents(
    wanted: Sequence[WantedSeats], seat_map: SeatMap, *, random: Random, anywhere: bool
) -> dict[UUID, dict[str, str]] | None:
    """For each hold that lost seats, which seat is given for which; None unless there is enough for all.

    `wanted` is all that one order wants of the event: its holds take no seats of each other. The best block
    is chosen, or with `anywhere` one that others are less likely to want too. Marks the seat map.
    """
    geometry = seat_map.geometry
    seat_map.mark(geometry.positions(seat for each in wanted for seat in each.seat_ids), free=False)
    given: dict[UUID, dict[str, str]] = {}
    for each in wanted:
        if each.lost:
            seats = _other_seats(each, seat_map, random=random, anywhere=anywhere)
            if seats is None:
                return None
            given[each.hold_id] = pair_seats(
                asked=each.seat_ids, given=seats, place_of=lambda seat_id: _place(geometry, seat_id)
            )
    return given


def pair_seats(
    *, asked: Iterable[str], given: Iterable[str], place_of: Callable[[str], SeatPlace]
) -> dict[str, str]:
    """Which seat of a hold is given for which; seats in both stay and are left out.

    In each price category the first that is gone goes with the first that is new, so the answer can be
    found again from the seats alone. Raises ValueError when there are not as many.
    """
    asked, given = set(asked), set(given)
    gone = sorted(asked - given, key=place_of)
    return dict(zip(gone, sorted(given - asked, key=place_of), strict=True))


def _other_seats(
    wanted: WantedSeats, seat_map: SeatMap, *, random: Random, anywhere: bool
) -> list[str] | None:
    """All seats the hold would have; what of them is new is marked."""
    lost = set(seat_map.geometry.positions(wanted.lost))
    seats: list[int] = []
    for group in _groups(wanted.seat_ids, seat_map.geometry):
        kept = [position for position in group if position not in lost]
        if len(kept) < len(group):
            block = _block_for(group, kept, seat_map, random=random, anywhere=anywhere)
            if block is None:
                return None
            seat_map.mark(block, free=False)
            seats += block
        else:
            seats += kept
    return [seat_map.geometry.seat_ids[position] for position in seats]


def _groups(seat_ids: Sequence[str], geometry: Geometry) -> Iterable[list[int]]:
    """Positions by price category, those of each area apart."""
    groups = defaultdict[int, list[int]](list)
    for position in geometry.positions(seat_ids):
        row = geometry.row_of[position]
        groups[geometry.category_of[position] if row >= 0 else row].append(position)
    return groups.values()


def _block_for(
    group: list[int], kept: list[int], seat_map: SeatMap, *, random: Random, anywhere: bool
) -> list[int] | None:
    row = seat_map.geometry.row_of[group[0]]
    if row < 0:
        area = seat_map.geometry.areas[-1 - row]
        units = seat_map.units(area, quantity=len(group) - len(kept), random=random)
        return None if units is None else kept + units
    category = seat_map.geometry.category_of[group[0]]
    seat_map.mark(kept, free=True)  # what it still has may be part of the block
    try:
        if anywhere:
            return seat_map.anywhere(category=category, seats=len(group), random=random)
        return seat_map.best(category=category, seats=len(group))
    finally:
        seat_map.mark(kept, free=False)


def _place(geometry: Geometry, seat_id: str) -> SeatPlace:
    position = geometry.position_of[seat_id]
    return geometry.category_name(position), position
