"""What travels in requests and answers."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from reservation.domain.geometry import SeatLabel
from reservation.domain.wishes import AreaQuantity, BestAvailable, Wish

SEATS_MAX = 500
BLOCKED_SEATS_MAX = 5_000

HOLD_ID = "0192f0c1-7a3e-7c52-9d0e-2f4b6a8c0d11"
EVENT_ID = "0192f0b7-1c2d-7e3f-8a4b-5c6d7e8f9a0b"


def _unique(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise ValueError("must not name a seat twice")
    return values


SeatId = Annotated[str, Field(min_length=1, max_length=256)]
SeatIds = Annotated[list[SeatId], AfterValidator(_unique)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BestAvailableIn(_In):
    """Adjacent seats of a price category, chosen for the buyer."""

    price_category: str = Field(min_length=1, max_length=190, examples=["Stalls"])
    quantity: int = Field(ge=1, le=SEATS_MAX, examples=[2])


class AreaQuantityIn(_In):
    """Places in an unnumbered area."""

    area_id: str = Field(min_length=1, max_length=64, examples=["standing-left"])
    quantity: int = Field(ge=1, le=SEATS_MAX, examples=[2])


class HoldIn(_In):
    """At least one of `seat_ids`, `best_available` and `areas`; held all together or not at all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"event_id": EVENT_ID, "seat_ids": ["stalls-A-1", "stalls-A-2"]},
                {"event_id": EVENT_ID, "best_available": {"price_category": "Stalls", "quantity": 2}},
                {"event_id": EVENT_ID, "areas": [{"area_id": "standing-left", "quantity": 4}]},
            ]
        }
    )

    event_id: UUID
    seat_ids: SeatIds | None = Field(default=None, min_length=1, max_length=SEATS_MAX)
    best_available: BestAvailableIn | None = None
    areas: list[AreaQuantityIn] | None = Field(default=None, min_length=1, max_length=20)

    @model_validator(mode="after")
    def asks_for_something(self) -> Self:
        if not (self.seat_ids or self.best_available or self.areas):
            raise ValueError("give seat_ids, best_available or areas")
        if self.areas and len({area.area_id for area in self.areas}) < len(self.areas):
            raise ValueError("must not name an area twice")
        return self

    def wish(self) -> Wish:
        best = self.best_available
        return Wish(
            event_id=self.event_id,
            seat_ids=tuple(self.seat_ids or ()),
            best_available=BestAvailable(best.price_category, best.quantity) if best else None,
            areas=tuple(AreaQuantity(area.area_id, area.quantity) for area in self.areas or ()),
        )


class SeatOut(BaseModel):
    """A seat as a buyer reads it; `zone`, `row` and `number` are null in an unnumbered area."""

    seat_id: str = Field(examples=["stalls-A-1"])
    zone: str | None = Field(examples=["Stalls"])
    row: str | None = Field(examples=["A"])
    number: str | None = Field(examples=["1"])
    price_category: str = Field(examples=["Stalls"])
    area_id: str | None = Field(examples=[None])

    @classmethod
    def of(cls, label: SeatLabel) -> Self:
        return cls(
            seat_id=label.seat_id,
            zone=label.zone,
            row=label.row,
            number=label.number,
            price_category=label.price_category,
            area_id=label.area_id,
        )


class HoldOut(BaseModel):
    """A hold. Its token proves ownership and is what an order is placed with."""

    hold_id: UUID = Field(examples=[HOLD_ID])
    event_id: UUID = Field(examples=[EVENT_ID])
    state: Literal["active", "confirmed", "released", "expired"]
    hold_token: str | None = Field(
        description="Signed statement of the hold's seats and expiry; null once the hold is over",
        examples=["eyJhbGciOiJFZDI1NTE5In0.eyJob2xkX2lkIjoi….kq3J"],
    )
    expires_at: datetime = Field(examples=["2026-11-23T20:15:00Z"])
    renewals_left: int = Field(examples=[2])
    seats: list[SeatOut]


class BlockIn(_In):
    """Seats to keep from sale, all or none."""

    seat_ids: SeatIds = Field(min_length=1, max_length=BLOCKED_SEATS_MAX, examples=[["stalls-A-1"]])
    reason: str | None = Field(default=None, max_length=200, examples=["camera"])


class UnblockIn(_In):
    """Blocked seats to put on sale again, all or none."""

    seat_ids: SeatIds = Field(min_length=1, max_length=BLOCKED_SEATS_MAX, examples=[["stalls-A-1"]])


class BlockedOut(BaseModel):
    blocked: list[str] = Field(examples=[["stalls-A-1"]])


class UnblockedOut(BaseModel):
    unblocked: list[str] = Field(examples=[["stalls-A-1"]])


class BlockedSeatOut(BaseModel):
    seat_id: str = Field(examples=["stalls-A-1"])
    reason: str | None = Field(examples=["camera"])


class AreaAvailabilityOut(BaseModel):
    area_id: str = Field(examples=["standing-left"])
    available: int = Field(examples=[480])
    capacity: int = Field(examples=[500])


class CategoryAvailabilityOut(BaseModel):
    price_category: str = Field(examples=["Stalls"])
    available: int = Field(examples=[3])
    total: int = Field(examples=[6])


class AvailabilityOut(BaseModel):
    """The status of every seat at one moment."""

    event_id: UUID = Field(examples=[EVENT_ID])
    version: int = Field(
        description="Number of the last published counts this answer is not older than", examples=[7]
    )
    as_of: datetime = Field(examples=["2026-11-23T20:00:00Z"])
    seats: str = Field(
        description="One character a numbered seat, in the order of the seating plan: "
        "`a` available, `h` held, `s` sold, `b` blocked",
        pattern="^[ahsb]*$",
        examples=["aahhsb"],
    )
    areas: list[AreaAvailabilityOut]
    categories: list[CategoryAvailabilityOut]
