"""What a buyer asks for, and the concrete seats that would answer it."""

from dataclasses import dataclass
from random import Random
from uuid import UUID

from reservation.domain.errors import NotEnoughSeats, UnknownArea, UnknownPriceCategory, UnknownSeats
from reservation.domain.geometry import Geometry
from reservation.domain.seat_map import SeatMap


@dataclass(frozen=True, slots=True)
class BestAvailable:
    """`quantity` adjacent seats of a price category, whichever are best."""

    price_category: str
    quantity: int


@dataclass(frozen=True, slots=True)
class AreaQuantity:
    """`quantity` units of an unnumbered area."""

    area_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Wish:
    """One hold's worth of seats of one event; at least one part is given."""

    event_id: UUID
    seat_ids: tuple[str, ...] = ()
    best_available: BestAvailable | None = None
    areas: tuple[AreaQuantity, ...] = ()

    @property
    def quantity(self) -> int:
        best = self.best_available.quantity if self.best_available else 0
        return len(self.seat_ids) + best + sum(area.quantity for area in self.areas)

    @property
    def names_every_seat(self) -> bool:
        """Whether no seat map is needed to choose the seats."""
        return self.best_available is None and not self.areas


def named_positions(wish: Wish, geometry: Geometry) -> list[int]:
    """The positions of the seats asked for by name; raises UnknownSeats."""
    position_of = geometry.position_of
    unknown = [seat_id for seat_id in wish.seat_ids if seat_id not in position_of]
    if unknown:
        raise UnknownSeats(seat_ids=tuple(unknown))
    return [position_of[seat_id] for seat_id in wish.seat_ids]


def choose_positions(wish: Wish, seat_map: SeatMap, *, random: Random) -> list[int]:
    """Concrete seats for a wish; what it chooses is marked as held in the seat map.

    Named seats are taken as named, free or not: the database names those that are taken.
    Raises UnknownSeats, UnknownPriceCategory, UnknownArea or NotEnoughSeats, marking nothing.
    """
    named = named_positions(wish, seat_map.geometry)
    chosen: list[int] = []
    hidden = [position for position in named if seat_map.is_free(position)]
    seat_map.mark(hidden, free=False)
    try:
        if wish.best_available:
            chosen += _choose_best(wish.best_available, seat_map)
        for area in wish.areas:
            units = _choose_units(area, seat_map, random=random)
            seat_map.mark(units, free=False)
            chosen += units
    except Exception:
        seat_map.mark(hidden + chosen, free=True)
        raise
    seat_map.mark(chosen, free=False)
    return named + chosen


def nearest_equivalent(seat_ids: tuple[str, ...], seat_map: SeatMap) -> list[int] | None:
    """As many adjacent free seats near the named ones; None unless those are all of one category, in rows."""
    geometry = seat_map.geometry
    positions = [geometry.position_of[seat_id] for seat_id in seat_ids]
    categories = {geometry.category_of[position] for position in positions}
    if len(categories) != 1 or any(geometry.lane_index_of[position] < 0 for position in positions):
        return None
    first = min(positions, key=lambda position: geometry.lane_index_of[position])
    return seat_map.nearest(category=categories.pop(), seats=len(positions), around=first)


def _choose_best(wanted: BestAvailable, seat_map: SeatMap) -> list[int]:
    names = seat_map.geometry.price_categories
    if wanted.price_category not in names:
        raise UnknownPriceCategory(price_category=wanted.price_category)
    category = names.index(wanted.price_category)
    positions = seat_map.best(category=category, seats=wanted.quantity)
    if positions is None:
        raise NotEnoughSeats(wanted=wanted.quantity, largest_block=seat_map.largest_block(category=category))
    return positions


def _choose_units(wanted: AreaQuantity, seat_map: SeatMap, *, random: Random) -> list[int]:
    area = seat_map.geometry.area(wanted.area_id)
    if area is None:
        raise UnknownArea(area_id=wanted.area_id)
    units = seat_map.units(area, quantity=wanted.quantity, random=random)
    if units is None:
        raise NotEnoughSeats(wanted=wanted.quantity, largest_block=seat_map.free_units(area))
    return units
