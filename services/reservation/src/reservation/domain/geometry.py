"""Where the seats of a seating plan are: immutable, shared by every event on the plan.

Positions count the seats in the plan's own order and then the units of its areas; a position is
the place of a seat in every status string. Held in flat arrays, not objects: a plan may have
100,000 seats and every api process keeps several plans.
"""

from __future__ import annotations  # array is a generic only from Python 3.12 on

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from reservation.domain.lanes import FREE, Lane, build_lanes


@dataclass(frozen=True, slots=True)
class Area:
    """An unnumbered part of the plan, sold by quantity; its units are `<area_id>:1..capacity`."""

    area_id: str
    name: str
    price_category: str
    capacity: int
    first_position: int

    @property
    def positions(self) -> range:
        return range(self.first_position, self.first_position + self.capacity)

    def unit_ids(self) -> list[str]:
        return [f"{self.area_id}:{number}" for number in range(1, self.capacity + 1)]


@dataclass(frozen=True, slots=True)
class SeatLabel:
    """What a buyer reads on the ticket; zone, row and number are None for a unit of an area."""

    seat_id: str
    zone: str | None
    row: str | None
    number: str | None
    price_category: str
    area_id: str | None


@dataclass(frozen=True, slots=True)
class Geometry:
    """One seating plan, ready to plan holds on.

    `row_of[position]` indexes `rows`, or is -1 - area index for a unit of an area; `category_runs`
    are the stretches of positions of one category as (category, first, end).
    """

    seating_plan_id: UUID
    sha256: str
    price_categories: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    areas: tuple[Area, ...]
    seat_ids: tuple[str, ...]
    numbers: tuple[str, ...]
    row_of: array[int]
    category_of: array[int]
    position_of: Mapping[str, int]
    lanes: tuple[Lane, ...]
    lane_index_of: array[int]
    category_runs: tuple[tuple[int, int, int], ...]

    @property
    def capacity(self) -> int:
        return len(self.seat_ids)

    @property
    def numbered_seats(self) -> int:
        return len(self.numbers)

    def area(self, area_id: str) -> Area | None:
        return next((area for area in self.areas if area.area_id == area_id), None)

    def positions(self, seat_ids: Iterable[str]) -> list[int]:
        """The positions of seats known to be of this plan, in the same order."""
        return [self.position_of[seat_id] for seat_id in seat_ids]

    def category_name(self, position: int) -> str:
        return self.price_categories[self.category_of[position]]

    def count_free(self, status: bytes) -> list[tuple[int, int]]:
        """(free, all) by category of a plan-order status string."""
        counts = [(0, 0)] * len(self.price_categories)
        for category, first, end in self.category_runs:
            free, total = counts[category]
            counts[category] = (free + status.count(FREE, first, end), total + end - first)
        return counts

    def label(self, position: int) -> SeatLabel:
        seat_id, category, row = self.seat_ids[position], self.category_name(position), self.row_of[position]
        if row < 0:
            return SeatLabel(seat_id, None, None, None, category, self.areas[-1 - row].area_id)
        return SeatLabel(seat_id, *self.rows[row], self.numbers[position], category, None)

    def labels(self, seat_ids: Iterable[str]) -> tuple[SeatLabel, ...]:
        """The labels of seats known to be of this plan, in plan order."""
        return tuple(self.label(position) for position in sorted(self.positions(seat_ids)))


def read_geometry(document: Mapping[str, Any]) -> Geometry:
    """Build the geometry of catalog's compact seats document (`/internal/seating-plans/{id}/seats`)."""
    categories: tuple[str, ...] = tuple(document["price_categories"])
    seats = [seat for row in document["rows"] for seat in row["seats"]]
    row_of = array("i", (n for n, row in enumerate(document["rows"]) for _ in row["seats"]))
    category_of = array("H", (seat[2] for seat in seats))
    areas = _read_areas(document["areas"], first_position=len(seats))
    for number, area in enumerate(areas):
        row_of.extend([-1 - number] * area.capacity)
        category_of.extend([categories.index(area.price_category)] * area.capacity)
    seat_ids = (*(seat[0] for seat in seats), *(unit for area in areas for unit in area.unit_ids()))
    lanes, lane_index_of = build_lanes(document["rows"], categories=len(categories), capacity=len(seat_ids))
    return Geometry(
        seating_plan_id=UUID(document["seating_plan_id"]),
        sha256=document["sha256"],
        price_categories=categories,
        rows=tuple((row["zone"], row["row"]) for row in document["rows"]),
        areas=areas,
        seat_ids=seat_ids,
        numbers=tuple(seat[1] for seat in seats),
        row_of=row_of,
        category_of=category_of,
        position_of={seat_id: position for position, seat_id in enumerate(seat_ids)},
        lanes=lanes,
        lane_index_of=lane_index_of,
        category_runs=_runs(category_of),
    )


def _runs(category_of: array[int]) -> tuple[tuple[int, int, int], ...]:
    runs: list[tuple[int, int, int]] = []
    first = 0
    for category, group in groupby(category_of):
        end = first + sum(1 for _ in group)
        runs.append((category, first, end))
        first = end
    return tuple(runs)


def _read_areas(documents: Sequence[Mapping[str, Any]], *, first_position: int) -> tuple[Area, ...]:
    areas: list[Area] = []
    for document in documents:
        areas.append(
            Area(
                area_id=document["area_id"],
                name=document["name"],
                price_category=document["price_category"],
                capacity=document["capacity"],
                first_position=first_position,
            )
        )
        first_position += document["capacity"]
    return tuple(areas)
