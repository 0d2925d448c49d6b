"""An arena of some 12,000 seats in blocks around a floor that two standing areas share.

The bowl follows a rounded rectangle: straight blocks along its sides, wedges in its corners
whose rows grow longer the higher they lie. The stage stands at the west end, so no block does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import degrees, radians

from rowlock_demo.drawing.plan import (
    ROW_PITCH,
    SEAT_PITCH,
    Json,
    Point,
    document,
    drawn_area,
    on_circle,
    row,
    standing_area,
    zone,
)

SIZE = (4640, 4040)
CENTRE: Point = (2320, 2020)
FLOOR_LENGTH, FLOOR_WIDTH = 1500.0, 900.0
AISLE_WIDTH = 50.0

LOWER, UPPER, SIDE_VIEW = "Lower tier", "Upper tier", "Side view"
FRONT_STANDING, REAR_STANDING = "Front standing", "Rear standing"
CATEGORIES = {
    FRONT_STANDING: "#d0563f",
    LOWER: "#2f6db5",
    REAR_STANDING: "#d99a3d",
    UPPER: "#3f9a5f",
    SIDE_VIEW: "#8c6bb1",
}

EAST, SOUTH, WEST, NORTH = 0.0, 90.0, 180.0, 270.0
"""Directions in degrees, clockwise from the right-hand side of the screen."""

RowPoints = list[Point]
"""Where the seats of one row stand, in walking order."""


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One of the two rings of blocks around the floor."""

    category: str
    first_block: int
    from_floor: float
    """From the floor's edge to the first row."""
    rows: int
    side_parts: tuple[int, int]
    """Blocks along a long and along a short side of the floor."""
    corner_parts: int


LOWER_TIER = Tier(category=LOWER, first_block=101, from_floor=150, rows=20, side_parts=(4, 2), corner_parts=2)
UPPER_TIER = Tier(category=UPPER, first_block=201, from_floor=840, rows=22, side_parts=(4, 2), corner_parts=4)


def draw() -> Json:
    """The arena's seating plan."""
    return document(
        name="Harbour Arena",
        size=SIZE,
        categories=CATEGORIES,
        zones=[_floor(), *_tier(LOWER_TIER), *_tier(UPPER_TIER)],
    )


def _floor() -> Json:
    west, north = CENTRE[0] - FLOOR_LENGTH / 2, CENTRE[1] - FLOOR_WIDTH / 2
    stage = drawn_area(
        label="Stage", at=(west - 260, north + 100), width=300, height=FLOOR_WIDTH - 200, text_size=70
    )
    front = drawn_area(
        label="Front standing",
        at=(west + 80, north),
        width=560,
        height=FLOOR_WIDTH,
        color="#f3c5bb",
        text_size=70,
    )
    rear = drawn_area(
        label="Rear standing",
        at=(west + 680, north),
        width=820,
        height=FLOOR_WIDTH,
        color="#f6deb8",
        text_size=70,
    )
    return zone(
        name="Floor",
        areas=[
            stage,
            standing_area(area_id="front-standing", category=FRONT_STANDING, capacity=900, drawn=front),
            standing_area(area_id="rear-standing", category=REAR_STANDING, capacity=1600, drawn=rear),
        ],
    )


def _tier(tier: Tier) -> list[Json]:
    """Its blocks, numbered clockwise from the corner beside the stage, as a visitor would walk."""
    return [
        _block(name=str(name), category=category, rows=rows)
        for name, (category, rows) in enumerate(_around(tier), start=tier.first_block)
    ]


def _around(tier: Tier) -> Iterator[tuple[str, list[RowPoints]]]:
    for rows in _corner(tier, west_or_east=-1, north_or_south=-1, starts=WEST):
        yield SIDE_VIEW, rows
    for rows in _side(tier, faces=NORTH):
        yield tier.category, rows
    for rows in _corner(tier, west_or_east=1, north_or_south=-1, starts=NORTH):
        yield tier.category, rows
    for rows in _side(tier, faces=EAST):
        yield tier.category, rows
    for rows in _corner(tier, west_or_east=1, north_or_south=1, starts=EAST):
        yield tier.category, rows
    for rows in _side(tier, faces=SOUTH):
        yield tier.category, rows
    for rows in _corner(tier, west_or_east=-1, north_or_south=1, starts=SOUTH):
        yield SIDE_VIEW, rows


def _side(tier: Tier, *, faces: float) -> Iterator[list[RowPoints]]:
    """The straight blocks of one side: every row of a block is as long as its first."""
    long_side = faces in (NORTH, SOUTH)
    length, depth = (FLOOR_LENGTH, FLOOR_WIDTH) if long_side else (FLOOR_WIDTH, FLOOR_LENGTH)
    parts = tier.side_parts[0 if long_side else 1]
    for part in range(parts):
        middle = ((part + 0.5) / parts - 0.5) * length
        yield [
            [
                on_circle(on_circle(CENTRE, depth / 2 + away, faces), middle + place, faces + 90)
                for place in _places(length / parts - AISLE_WIDTH)
            ]
            for away in _row_distances(tier)
        ]


def _corner(
    tier: Tier, *, west_or_east: int, north_or_south: int, starts: float
) -> Iterator[list[RowPoints]]:
    """The wedges of one corner, a quarter circle around the floor's own corner."""
    pivot = (
        CENTRE[0] + west_or_east * FLOOR_LENGTH / 2,
        CENTRE[1] + north_or_south * FLOOR_WIDTH / 2,
    )
    wedge = 90 / tier.corner_parts
    for part in range(tier.corner_parts):
        middle = starts + (part + 0.5) * wedge
        yield [
            [
                on_circle(pivot, radius, middle + degrees(place / radius))
                for place in _places(radians(wedge) * radius - AISLE_WIDTH)
            ]
            for radius in _row_distances(tier)
        ]


def _row_distances(tier: Tier) -> list[float]:
    """From the floor's edge to each row of the tier."""
    return [tier.from_floor + index * ROW_PITCH for index in range(tier.rows)]


def _places(length: float) -> list[float]:
    """Where the seats of a row so long stand, from its middle."""
    seats = int(length // SEAT_PITCH)
    return [(seat - (seats - 1) / 2) * SEAT_PITCH for seat in range(seats)]


def _block(*, name: str, category: str, rows: list[RowPoints]) -> Json:
    at = rows[0][0]
    return zone(
        name=f"Block {name}",
        at=at,
        rows=[
            row(
                zone_at=at,
                name=str(row_number),
                guid=name,
                category=category,
                seats=[(str(number), point) for number, point in enumerate(points, start=1)],
            )
            for row_number, points in enumerate(rows, start=1)
        ],
    )
