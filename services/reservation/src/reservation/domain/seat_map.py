"""The status of every seat of one event as this process sees it, with its own picks marked.

One character per position: `a` available, `h` held, `s` sold, `b` blocked. A seat map may be
behind: it proposes seats, and the row locks of the database decide.
"""

from collections.abc import Iterable
from random import Random

from reservation.domain.best_available import best_block, largest_block, nearest_block
from reservation.domain.geometry import Area, Geometry
from reservation.domain.lanes import FREE

HELD = ord("h")


class SeatMap:
    """Mutable; owned by one event loop. Lanes are built the first time a category is asked for."""

    def __init__(self, geometry: Geometry, status: bytes) -> None:
        if len(status) != geometry.capacity:
            raise ValueError(f"{len(status)} seats in the status, {geometry.capacity} in the plan")
        self.geometry = geometry
        self._status = bytearray(status)
        self._lanes: dict[int, bytearray] = {}

    def is_free(self, position: int) -> bool:
        return self._status[position] == FREE

    def mark(self, positions: Iterable[int], *, free: bool) -> None:
        """Set seats free or held, here only."""
        character = FREE if free else HELD
        for position in positions:
            self._status[position] = character
            category = self.geometry.category_of[position]
            if (index := self.geometry.lane_index_of[position]) >= 0 and category in self._lanes:
                self._lanes[category][index] = character

    def best(self, *, category: int, seats: int) -> list[int] | None:
        """The positions of the best adjacent free seats of a category, or None."""
        return self._positions(category, best_block(self._lane(category), seats=seats), seats)

    def nearest(self, *, category: int, seats: int, around: int) -> list[int] | None:
        """The positions of the adjacent free seats nearest the seat at position `around`, or None."""
        index = self.geometry.lane_index_of[around]
        return self._positions(
            category, nearest_block(self._lane(category), seats=seats, around=index), seats
        )

    def anywhere(self, *, category: int, seats: int, random: Random) -> list[int] | None:
        """The positions of adjacent free seats nearest a random place of the category, or None."""
        lane = self._lane(category)
        around = random.randrange(len(lane) or 1)
        return self._positions(category, nearest_block(lane, seats=seats, around=around), seats)

    def largest_block(self, *, category: int) -> int:
        return largest_block(self._lane(category))

    def units(self, area: Area, *, quantity: int, random: Random) -> list[int] | None:
        """Free units of an area from a random place on, so that replicas rarely pick the same; or None."""
        first, end = area.first_position, area.first_position + area.capacity
        offset = random.randrange(first, end)
        found = self._free_between(offset, end, quantity)
        found += self._free_between(first, offset, quantity - len(found))
        return found if len(found) == quantity else None

    def free_units(self, area: Area) -> int:
        return self._status.count(FREE, area.first_position, area.first_position + area.capacity)

    def _free_between(self, start: int, end: int, count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count and (position := self._status.find(FREE, start, end)) >= 0:
            found.append(position)
            start = position + 1
        return found

    def _lane(self, category: int) -> bytearray:
        if category not in self._lanes:
            self._lanes[category] = self.geometry.lanes[category].text(bytes(self._status))
        return self._lanes[category]

    def _positions(self, category: int, index: int | None, seats: int) -> list[int] | None:
        if index is None:
            return None
        return list(self.geometry.lanes[category].positions[index : index + seats])
