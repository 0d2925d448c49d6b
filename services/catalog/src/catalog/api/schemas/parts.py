"""Kinds of values that several requests share."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2200


def _as_written(value: Any) -> Any:
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("must be an RFC 3339 time with an offset, such as 2027-05-01T19:00:00Z")
    return value.upper()


def _as_utc(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year < LAST_YEAR:
        raise ValueError(f"must be from the year {FIRST_YEAR} to before {LAST_YEAR}")
    return value.astimezone(UTC)


Moment = Annotated[
    datetime,
    BeforeValidator(_as_written),
    AfterValidator(_as_utc),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-05-01T19:00:00Z"]}),
]
"""A point in time as clients write it, whatever its offset; UTC inside."""

ChosenOrganization = Annotated[
    UUID | None,
    Field(description="Whose it will be; needed by organizers of several organizations"),
]

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=190, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
"""One line of text."""

Prose = Annotated[str, Field(max_length=10_000)]
"""Text with line breaks."""


class Request(BaseModel):
    """A request body; a member nobody knows is refused, because it is a typing error."""

    model_config = ConfigDict(extra="forbid")


class VenueName(BaseModel):
    """A venue as far as a list shows it."""

    name: str
    city: str


class PriceRange(BaseModel):
    """Cheapest and dearest ticket, in minor units of the currency."""

    min_minor: int
    max_minor: int
    currency: str


class SeatsLeft(BaseModel):
    """How many seats are left. Reservation tells within about a second of a change."""

    available: int
    total: int
    version: int = Field(description="Rises with every change; 0 until seats are on sale")
    as_of: datetime = Field(description="When it was counted")


class CategorySeatsLeft(BaseModel):
    price_category: str
    available: int
    total: int
