"""A theatre of 501 seats: curved stalls parted by a middle aisle, and a balcony with two aisles.

The rows are uneven, as in a real house: the stalls widen from the stage, narrow under the
balcony and leave room for the sound desk in the last two rows.
"""

from math import degrees

from rowlock_demo.drawing.plan import (
    ROW_PITCH,
    SEAT_PITCH,
    Json,
    Point,
    SeatAt,
    document,
    drawn_area,
    on_circle,
    row,
    zone,
)

SIZE = (1100, 1040)
CURVE_CENTRE: Point = (550, -420)
"""The middle of every row's arc, far behind the stage, so that rows curve gently."""
AISLE_WIDTH = 60.0
"""Between the middles of the seats on its two sides."""

STALLS_FIRST_ROW_RADIUS = 670.0
BALCONY_FIRST_ROW_RADIUS = 1270.0

PREMIUM, STALLS, BALCONY = "Premium", "Stalls", "Balcony"
CATEGORIES = {PREMIUM: "#b4323c", STALLS: "#2f6db5", BALCONY: "#3f9a5f"}

Blocks = tuple[int, ...]
"""Seats of a row between its aisles, from the audience's left to its right."""

STALLS_ROWS: dict[str, Blocks] = {
    "A": (9, 9),
    "B": (10, 10),
    "C": (11, 11),
    "D": (11, 11),
    "E": (12, 12),
    "F": (12, 12),
    "G": (13, 13),
    "H": (13, 13),
    "J": (13, 13),
    "K": (13, 13),
    "L": (13, 13),
    "M": (12, 12),
    "N": (12, 12),
    "P": (12, 8),
    "Q": (11, 7),
}
BALCONY_ROWS: dict[str, Blocks] = {
    "AA": (6, 17, 6),
    "BB": (7, 17, 7),
    "CC": (7, 17, 7),
    "DD": (8, 17, 8),
    "EE": (7, 17, 7),
}


def draw() -> Json:
    """The theatre's seating plan."""
    stage = drawn_area(label="Stage", at=(300, 60), width=500, height=120)
    return document(
        name="Grand Theatre",
        size=SIZE,
        categories=CATEGORIES,
        zones=[
            zone(name="Stage", areas=[stage]),
            _tier(name="Stalls", guid="stalls", rows=STALLS_ROWS, first_radius=STALLS_FIRST_ROW_RADIUS),
            _tier(name="Balcony", guid="balcony", rows=BALCONY_ROWS, first_radius=BALCONY_FIRST_ROW_RADIUS),
        ],
    )


def _tier(*, name: str, guid: str, rows: dict[str, Blocks], first_radius: float) -> Json:
    at = on_circle(CURVE_CENTRE, first_radius, 90)
    return zone(
        name=name,
        at=at,
        rows=[
            row(
                zone_at=at,
                name=row_name,
                guid=guid,
                category=_category(tier=name, row_name=row_name),
                seats=_seats(blocks, first_radius + place * ROW_PITCH),
            )
            for place, (row_name, blocks) in enumerate(rows.items())
        ],
    )


def _category(*, tier: str, row_name: str) -> str:
    if tier == BALCONY:
        return BALCONY
    return PREMIUM if row_name <= "F" else STALLS


def _seats(blocks: Blocks, radius: float) -> list[SeatAt]:
    """The row's seats on its arc, numbered from the audience's left, its full width centred."""
    along = _places(blocks)
    return [
        (str(number), on_circle(CURVE_CENTRE, radius, 90 - degrees(place / radius)))
        for number, place in enumerate(along, start=1)
    ]


def _places(blocks: Blocks) -> list[float]:
    """How far along the arc each seat stands from the middle, in pixels: left of it is negative."""
    width = _width_as_if_even(blocks)
    places: list[float] = []
    edge = -width / 2
    for seats in blocks:
        places += [edge + (seat + 0.5) * SEAT_PITCH for seat in range(seats)]
        edge += seats * SEAT_PITCH + AISLE_WIDTH - SEAT_PITCH
    return places


def _width_as_if_even(blocks: Blocks) -> float:
    """A row that lost seats to the sound desk keeps its aisle in the middle of the house."""
    even = (*blocks[:-1], blocks[0])
    return sum(even) * SEAT_PITCH + (len(blocks) - 1) * (AISLE_WIDTH - SEAT_PITCH)
