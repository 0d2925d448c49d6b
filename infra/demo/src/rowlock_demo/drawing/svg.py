"""Draws a seating plan as SVG, to look at what was made."""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from rowlock_demo.drawing.plan import Json, Point

SEAT_RADIUS = 10


def to_svg(plan: Json) -> str:
    """The plan as one SVG picture of its own size."""
    width, height = plan["size"]["width"], plan["size"]["height"]
    shapes = "\n".join((*_areas(plan), *_seats(plan)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n'
        f"<title>{escape(plan['name'])}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{shapes}\n</svg>\n'
    )


def _areas(plan: Json) -> Iterator[str]:
    for zone in plan["zones"]:
        for area in zone["areas"]:
            yield _area(area, at=_sum(zone, area))


def _area(area: dict[str, Any], *, at: Point) -> str:
    size, text = area["rectangle"], area["text"]
    x, y = at[0] + text["position"]["x"], at[1] + text["position"]["y"]
    return (
        f'<rect x="{at[0]}" y="{at[1]}" width="{size["width"]}" height="{size["height"]}" '
        f"fill={quoteattr(area['color'])} stroke={quoteattr(area['border_color'])}/>"
        f'<text x="{x}" y="{y}" font-family="sans-serif" font-size="{text["size"]}" text-anchor="middle" '
        f'dominant-baseline="middle">{escape(text["text"])}</text>'
    )


def _seats(plan: Json) -> Iterator[str]:
    """One path a price category, each seat a round dot on it: 13,000 circles would be ten times as long."""
    for category in plan["categories"]:
        dots = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in _positions(plan, category=category["name"]))
        yield (
            f'<path d="{dots}" stroke={quoteattr(category["color"])} '
            f'stroke-width="{2 * SEAT_RADIUS}" stroke-linecap="round"/>'
        )


def _positions(plan: Json, *, category: str) -> Iterator[Point]:
    for zone in plan["zones"]:
        for row in zone["rows"]:
            yield from (_sum(zone, row, seat) for seat in row["seats"] if seat["category"] == category)


def _sum(*parts: Json) -> Point:
    """Positions nest: a seat's is relative to its row, the row's to its zone."""
    return sum(part["position"]["x"] for part in parts), sum(part["position"]["y"] for part in parts)
