"""Seating plans in answers. Documents, geometry and seats are served as stored, so their models
here only describe them: nothing is parsed or written through them.
"""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from catalog.api.schemas.parts import SEATING_PLAN_ID
from catalog.storage.seating_plans import StoredPlan

SHA256_EXAMPLE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class PlanCategoryOut(BaseModel):
    """A category of a plan, and how many seats and places in areas it has."""

    name: str = Field(examples=["Stalls"])
    color: str | None = Field(examples=["#7f4a91"])
    capacity: int = Field(examples=[320])


class SeatingPlanOut(BaseModel):
    """A version of a seating plan, without its drawing. It never changes."""

    seating_plan_id: UUID = Field(examples=[SEATING_PLAN_ID])
    name: str = Field(examples=["Grand Theatre"])
    version: int = Field(description="1 for the first plan of this name", examples=[1])
    seats: int = Field(description="Numbered seats", examples=[500])
    areas: int = Field(description="Areas sold by quantity", examples=[0])
    categories: list[PlanCategoryOut]
    sha256: str = Field(description="Digest of the document's canonical form", examples=[SHA256_EXAMPLE])

    @classmethod
    def of(cls, plan: StoredPlan) -> "SeatingPlanOut":
        """The plan, as shown."""
        return cls.model_validate(plan, from_attributes=True)


class PlanSize(BaseModel):
    """The sheet the plan is drawn on, in plan units."""

    width: int = Field(examples=[1200])
    height: int = Field(examples=[800])


class GeometryCategory(BaseModel):
    name: str = Field(examples=["Stalls"])
    color: str | None = Field(examples=["#7f4a91"])


class GeometryRow(BaseModel):
    """A row. Each seat is a list: seat_id, number, index into `categories`, x, y, radius."""

    row: str = Field(examples=["A"])
    seats: list[tuple[str, str, int, float, float, float]] = Field(
        examples=[[["stalls-A-1", "1", 0, 112, 40.5, 10]]]
    )


class GeometryArea(BaseModel):
    """A shape. The first four members are null where nothing is sold."""

    area_id: str | None = Field(examples=["standing-left"])
    name: str | None = Field(examples=["Standing, left"])
    price_category: str | None = Field(examples=["Standing"])
    capacity: int | None = Field(examples=[500])
    shape: dict[str, Any] = Field(description="The area as in the document, with its position made absolute")


class GeometryZone(BaseModel):
    name: str = Field(examples=["Stalls"])
    rows: list[GeometryRow]
    areas: list[GeometryArea]


class SeatingPlanGeometry(BaseModel):
    """What a seat map is drawn from. Counting through zones, rows and seats gives each seat the
    position under which `/events/{event_id}/availability` tells its status.
    """

    seating_plan_id: UUID = Field(examples=[SEATING_PLAN_ID])
    name: str = Field(examples=["Grand Theatre"])
    version: int = Field(examples=[1])
    sha256: str = Field(examples=[SHA256_EXAMPLE])
    size: PlanSize
    seats_total: int = Field(examples=[500])
    categories: list[GeometryCategory]
    zones: list[GeometryZone]


class RankedRow(BaseModel):
    """A row; rank 0 is the best. Each seat is a list: seat_id, number, index into
    `price_categories`, place, x, y. Seats of a row are neighbours if their places differ by one.
    """

    zone: str = Field(examples=["Stalls"])
    row: str = Field(examples=["A"])
    rank: int = Field(examples=[0])
    seats: list[tuple[str, str, int, int, float, float]] = Field(
        examples=[[["stalls-A-1", "1", 0, 0, 112, 40.5]]]
    )


class SoldArea(BaseModel):
    area_id: str = Field(examples=["standing-left"])
    name: str = Field(examples=["Standing, left"])
    price_category: str = Field(examples=["Standing"])
    capacity: int = Field(examples=[500])


class SeatingPlanSeats(BaseModel):
    """Everything of a plan that can be sold, in seat order, for reservation."""

    seating_plan_id: UUID = Field(examples=[SEATING_PLAN_ID])
    sha256: str = Field(examples=[SHA256_EXAMPLE])
    seats_total: int = Field(examples=[500])
    capacity_total: int = Field(description="Seats and capacities of areas", examples=[1500])
    price_categories: list[str] = Field(examples=[["Stalls", "Standing"]])
    rows: list[RankedRow]
    areas: list[SoldArea]
