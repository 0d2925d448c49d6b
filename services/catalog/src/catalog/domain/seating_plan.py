"""A seating plan: what there is to sit on in a hall, in one fixed order.

The order of the document (zones, rows, seats) is the seat order of the whole system: seat
*position* n means the n-th seat counted through it. Areas with a capacity follow the seats.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PlanSeat:
    """`x`, `y` and `radius` in plan units, absolute on the plan."""

    seat_id: str
    number: str
    category: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class PlanRow:
    """`path` leads to the row in the document."""

    path: str
    name: str
    seats: tuple[PlanSeat, ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """Unnumbered places: `capacity` units sold by quantity."""

    area_id: str
    name: str
    category: str
    capacity: int


@dataclass(frozen=True, slots=True)
class PlanArea:
    """A drawn shape (`shape`: the document's own words, position absolute), perhaps with a capacity."""

    path: str
    shape: dict[str, Any]
    admission: Admission | None


@dataclass(frozen=True, slots=True)
class PlanZone:
    name: str
    rows: tuple[PlanRow, ...]
    areas: tuple[PlanArea, ...]


@dataclass(frozen=True, slots=True)
class PlanCategory:
    name: str
    color: str | None


@dataclass(frozen=True, slots=True)
class SeatingPlan:
    name: str
    width: int
    height: int
    categories: tuple[PlanCategory, ...]
    zones: tuple[PlanZone, ...]

    def rows(self) -> Iterator[PlanRow]:
        """All rows, in seat order."""
        return (row for zone in self.zones for row in zone.rows)

    def admissions(self) -> Iterator[Admission]:
        """All areas that have something to sell."""
        return (area.admission for zone in self.zones for area in zone.areas if area.admission)

    @property
    def seats_total(self) -> int:
        """Numbered seats only."""
        return sum(len(row.seats) for row in self.rows())

    @property
    def capacity_total(self) -> int:
        """Everything that can be sold: seats and the capacities of areas."""
        return self.seats_total + sum(admission.capacity for admission in self.admissions())

    def capacity_by_category(self) -> dict[str, int]:
        """What each category has to sell, in the plan's order; 0 for a category nothing uses."""
        capacity = {category.name: 0 for category in self.categories}
        for row in self.rows():
            for seat in row.seats:
                capacity[seat.category] += 1
        for admission in self.admissions():
            capacity[admission.category] += admission.capacity
        return capacity
