"""Which seats of a row are neighbours.

A plan says where seats are, not which of them adjoin. We walk each row in space and give every
seat a *place*: neighbours have consecutive places, and an aisle skips a number. Two seats adjoin
exactly if they share a row and their places differ by one.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import dist, hypot
from statistics import median_low

Point = tuple[float, float]

AISLE_RATIO = 1.6
"""A gap this many times wider than the row's usual spacing parts two seats. Seats of one row are
drawn at equal distances; the narrowest aisle anyone draws leaves out a whole seat (ratio 2)."""

SEATS_TO_TELL_MIN = 3
"""Fewer seats have one distance at most, which may as well be an aisle."""

BEND_RATIO_MAX = 0.45
"""Depth of the bend over length of the row, up to which seats can be ordered along its chord.
A half circle has 0.5; past that the chord no longer tells the order and the document's rules."""


def usual_spacing(rows: Sequence[Sequence[Point]]) -> float | None:
    """The typical distance of neighbours over several rows, in plan units; None if none tells."""
    spacings = [spacing for row in rows if (spacing := _spacing(_distances(row, spatial_order(row))))]
    return median_low(spacings) if spacings else None


def places(row: Sequence[Point], *, usual: float | None = None) -> list[int]:
    """The place of each seat, in the order given. `usual` helps rows too short to tell their spacing."""
    order = spatial_order(row)
    distances = _distances(row, order)
    aisle_from = AISLE_RATIO * (_spacing(distances) or usual or float("inf"))
    result = [0] * len(row)
    place = 0
    for seat, distance in zip(order[1:], distances, strict=True):
        place += 2 if distance > aisle_from else 1
        result[seat] = place
    return result


def spatial_order(row: Sequence[Point]) -> list[int]:
    """Indices of the seats from one end of the row to the other, starting near the first seat."""
    document_order = list(range(len(row)))
    if len(row) < SEATS_TO_TELL_MIN:
        return document_order
    start, end = _ends(row)
    chord = (end[0] - start[0], end[1] - start[1])
    length = hypot(*chord)
    if length == 0 or _bend(row, start, chord) > BEND_RATIO_MAX * length * length:
        return document_order
    return sorted(document_order, key=lambda seat: _along(row[seat], start, chord))


def _ends(row: Sequence[Point]) -> tuple[Point, Point]:
    """The two ends of the row, the one nearer to the first seat of the document first."""
    one = max(row, key=lambda point: dist(point, row[0]))
    other = max(row, key=lambda point: dist(point, one))
    return (other, one) if dist(other, row[0]) <= dist(one, row[0]) else (one, other)


def _bend(row: Sequence[Point], start: Point, chord: Point) -> float:
    """The largest distance of a seat from the chord, times the chord's length."""
    return max(abs(chord[0] * (y - start[1]) - chord[1] * (x - start[0])) for x, y in row)


def _along(point: Point, start: Point, chord: Point) -> float:
    return (point[0] - start[0]) * chord[0] + (point[1] - start[1]) * chord[1]


def _distances(row: Sequence[Point], order: Sequence[int]) -> list[float]:
    return [dist(row[left], row[right]) for left, right in pairwise(order)]


def _spacing(distances: Sequence[float]) -> float | None:
    """The row's usual distance of neighbours; None where too few seats are apart to tell."""
    apart = [distance for distance in distances if distance > 0]
    return median_low(apart) if len(apart) + 1 >= SEATS_TO_TELL_MIN else None
