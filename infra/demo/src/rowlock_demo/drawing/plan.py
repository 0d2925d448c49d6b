"""The pieces of a seating plan: zones of rows of seats, areas, and the document they make.

Positions nest in the format: a seat's is relative to its row, the row's to its zone. The pieces
here take points of the whole plan and do that subtraction in one place.
"""

from collections.abc import Iterable, Sequence
from math import cos, radians, sin
from typing import Any

Json = dict[str, Any]
Point = tuple[float, float]
SeatAt = tuple[str, Point]
"""A seat's number and where it stands."""

SEAT_PITCH = 25.0
"""From the middle of one seat to the middle of its neighbour."""
ROW_PITCH = 30.0
"""From one row to the row behind it."""


def on_circle(centre: Point, radius: float, degrees: float) -> Point:
    """The point at `degrees`, counted clockwise on the screen from the right-hand side."""
    angle = radians(degrees)
    return centre[0] + radius * cos(angle), centre[1] + radius * sin(angle)


def row(*, zone_at: Point, name: str, guid: str, category: str, seats: Sequence[SeatAt]) -> Json:
    """A row whose seats are called `<guid>-<row>-<number>`, wherever in the plan they stand."""
    row_at = seats[0][1]
    return {
        "row_number": name,
        "row_number_position": "both",
        "position": _between(zone_at, row_at),
        "seats": [
            {
                "seat_guid": f"{guid}-{name}-{number}",
                "seat_number": number,
                "category": category,
                "position": _between(row_at, seat_at),
            }
            for number, seat_at in seats
        ],
    }


def zone(*, name: str, at: Point = (0, 0), rows: Iterable[Json] = (), areas: Iterable[Json] = ()) -> Json:
    """A part of the venue that people know by its name."""
    return {"name": name, "position": _between((0, 0), at), "rows": list(rows), "areas": list(areas)}


def drawn_area(
    *, label: str, at: Point, width: float, height: float, color: str = "#d9d9e3", text_size: int = 24
) -> Json:
    """A labelled rectangle whose upper left corner is `at`: a stage, a bar; nothing to be sold."""
    middle = {"x": width / 2, "y": height / 2}
    return {
        "shape": "rectangle",
        "color": color,
        "border_color": "#8a8a99",
        "position": _between((0, 0), at),
        "rectangle": {"width": width, "height": height},
        "text": {"text": label, "size": text_size, "color": "#333344", "position": middle},
    }


def standing_area(*, area_id: str, category: str, capacity: int, drawn: Json) -> Json:
    """A drawn area that people stand in. `general_admission` is Rowlock's extension of the format."""
    sold_as = {"area_id": area_id, "name": drawn["text"]["text"], "category": category, "capacity": capacity}
    return drawn | {"general_admission": sold_as}


def document(*, name: str, size: tuple[int, int], categories: dict[str, str], zones: list[Json]) -> Json:
    """A whole plan; `categories` maps each price category to its colour, the best first."""
    return {
        "name": name,
        "size": {"width": size[0], "height": size[1]},
        "categories": [{"name": category, "color": color} for category, color in categories.items()],
        "zones": zones,
    }


def seats_of(plan: Json) -> int:
    return sum(len(row["seats"]) for zone in plan["zones"] for row in zone["rows"])


def _between(origin: Point, point: Point) -> Json:
    return {"x": round(point[0] - origin[0], 1), "y": round(point[1] - origin[1], 1)}
