"""The seating-plan format that pretix's plan editor writes, described in our own words.

One document draws one hall: zones hold rows of seats and areas (shapes, text, standing room).
Positions are relative to the enclosing object: seat in row in zone. A member that the format does
not know is refused, so that a typing error is not lost in silence. The one member we add to the
format is `general_admission`: it gives an area a capacity to sell. Leave it out and every
document of ours is a document of theirs.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

NAME_LENGTH_MAX = 190
"""As long as pretix stores them, so that a plan survives the way there and back."""

CAPACITY_PER_AREA_MAX = 100_000

Name = Annotated[str, Field(max_length=NAME_LENGTH_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Something people read or systems store: bounded, and free of control characters."""

Coordinate = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
"""Plan units (pixels of the editor). Bounded so that sums of them stay finite."""


def _whole(value: float) -> float:
    if not value.is_integer():
        raise ValueError("must be a whole number")
    return value


WholeNumber = Annotated[Coordinate, AfterValidator(_whole)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Position(_Part):
    x: Coordinate
    y: Coordinate


ORIGIN = Position(x=0, y=0)


class Size(_Part):
    """The sheet the plan is drawn on, in plan units."""

    width: WholeNumber
    height: WholeNumber


class Category(_Part):
    """A kind of seat that gets one set of prices, such as "Stalls"."""

    name: Name
    color: str = ""


class Seat(_Part):
    seat_guid: Annotated[Name, Field(pattern=r"^[^ ].*[^ ]$")]
    seat_number: Name
    position: Position
    category: str
    uuid: str = ""
    start_direction: str | None = None
    radius: Coordinate = 10.0


class Row(_Part):
    row_number: Name
    seats: list[Seat]
    position: Position = ORIGIN
    row_label: str | None = None
    seat_label: str | None = None
    row_number_position: Literal["start", "end", "both"] | None = None
    uuid: str = ""


class Polygon(_Part):
    points: list[Position]


class Rectangle(_Part):
    width: Coordinate
    height: Coordinate


class Ellipse(_Part):
    radius: Position


class Circle(_Part):
    radius: Coordinate


class Text(_Part):
    text: str
    position: Position
    color: str = ""
    size: Coordinate = 16.0


class GeneralAdmission(_Part):
    """Our one addition to the format: this area is sold by quantity, without numbered seats."""

    area_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Annotated[Name, Field(min_length=1)]
    category: str
    capacity: Annotated[int, Field(ge=1, le=CAPACITY_PER_AREA_MAX)]


class Area(_Part):
    """A shape on the plan: a stage, a bar, a word, or standing room with a capacity."""

    color: str = ""
    border_color: str = ""
    rotation: Coordinate = 0
    position: Position = ORIGIN
    uuid: str = ""
    shape: Literal["polygon", "rectangle", "ellipse", "circle", "text"] = "polygon"
    polygon: Polygon = Field(default_factory=lambda: Polygon(points=[]))
    rectangle: Rectangle = Field(default_factory=lambda: Rectangle(width=0, height=0))
    ellipse: Ellipse = Field(default_factory=lambda: Ellipse(radius=ORIGIN))
    circle: Circle = Field(default_factory=lambda: Circle(radius=0))
    text: Text = Field(default_factory=lambda: Text(text="", position=ORIGIN))
    general_admission: GeneralAdmission | None = None


class Zone(_Part):
    position: Position
    rows: list[Row]
    name: Name = ""
    zone_id: str = ""
    uuid: str = ""
    areas: list[Area] = []


class PlanDocument(_Part):
    """A whole seating-plan document, as imported and exported."""

    name: Annotated[Name, Field(min_length=1)]
    size: Size
    categories: list[Category]
    zones: list[Zone]
