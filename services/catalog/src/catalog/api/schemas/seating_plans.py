"""Seating plans in answers. Documents, geometry and seats are served as stored, so their models
here only describe them: nothing is parsed or written through them.
"""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from catalog.storage.seating_plans import StoredPlan


class PlanCategoryOut(BaseModel):
    """A category of a plan, and how many seats and places in areas it has."""

    name: str
    color: str | None
    capacity: int


class SeatingPlanOut(BaseModel):
    """A version of a seating plan, without its drawing. It never changes."""

    seating_plan_id: UUID
    organization_id: UUID
    name: str
    version: int = Field(description="1 for the first plan of this name in the organization")
    seats: int = Field(description="Numbered seats")
    areas: int = Field(description="Areas sold by quantity")
    categories: list[PlanCategoryOut]
    sha256: str = Field(description="Digest of the document's canonical form")

    @classmethod
    def of(cls, plan: StoredPlan) -> "SeatingPlanOut":
        """The plan, as shown."""
        return cls.model_validate(plan, from_attributes=True)


class PlanSize(BaseModel):
    """The sheet the plan is drawn on, in plan units."""

    width: int
    height: int


class GeometryCategory(BaseModel):
    name: str
    color: str | None


class GeometryRow(BaseModel):
    """A row. Each seat is a list: seat_id, number, index into `categories`, x, y, radius."""

    row: str
    seats: list[tuple[str, str, int, float, float, float]]


class GeometryArea(BaseModel):
    """A shape. The first four members are null where nothing is sold."""

    area_id: str | None
    name: str | None
    price_category: str | None
    capacity: int | None
    shape: dict[str, Any] = Field(description="The area as in the document, with its position made absolute")


class GeometryZone(BaseModel):
    name: str
    rows: list[GeometryRow]
    areas: list[GeometryArea]


class SeatingPlanGeometry(BaseModel):
    """What a seat map is drawn from. Counting through zones, rows and seats gives each seat the
    position under which `/events/{event_id}/availability` tells its status.
    """

    seating_plan_id: UUID
    name: str
    version: int
    sha256: str
    size: PlanSize
    seats_total: int
    categories: list[GeometryCategory]
    zones: list[GeometryZone]


class RankedRow(BaseModel):
    """A row; rank 0 is the best. Each seat is a list: seat_id, number, index into
    `price_categories`, place, x, y. Seats of a row are neighbours if their places differ by one.
    """

    zone: str
    row: str
    rank: int
    seats: list[tuple[str, str, int, int, float, float]]


class SoldArea(BaseModel):
    area_id: str
    name: str
    price_category: str
    capacity: int


class SeatingPlanSeats(BaseModel):
    """Everything of a plan that can be sold, in seat order, for reservation."""

    seating_plan_id: UUID
    sha256: str
    seats_total: int
    capacity_total: int = Field(description="Seats and capacities of areas")
    price_categories: list[str]
    rows: list[RankedRow]
    areas: list[SoldArea]
