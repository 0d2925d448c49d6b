"""The two forms in which a plan leaves catalog, computed once at import and served as stored.

Seats are short lists instead of objects: a 60,000-seat plan is asked for at every on-sale, and
the member names would be two thirds of it. `api/schemas` names each position.
"""

import hashlib
import json
from typing import Any
from uuid import UUID

from catalog.domain.seat_order import places, usual_spacing
from catalog.domain.seating_plan import Admission, PlanArea, PlanRow, PlanZone, SeatingPlan


def document_sha256(document: dict[str, Any]) -> str:
    """Hex digest of the document's canonical form: members sorted, no white space, UTF-8."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def seats_view(plan: SeatingPlan, *, seating_plan_id: UUID, sha256: str) -> bytes:
    """What reservation needs: seats in seat order with rank and place, and the areas' capacities."""
    return _compact(
        {
            "seating_plan_id": str(seating_plan_id),
            "sha256": sha256,
            "seats_total": plan.seats_total,
            "capacity_total": plan.capacity_total,
            "price_categories": [category.name for category in plan.categories],
            "rows": _ranked_rows(plan),
            "areas": [_admission(admission) for admission in plan.admissions()],
        }
    )


def geometry_view(plan: SeatingPlan, *, seating_plan_id: UUID, sha256: str) -> bytes:
    """What a seat map is drawn from: shapes and positions, everything in absolute plan units.

    Still without the plan's version, which is only known under a lock: see `with_version`.
    """
    return _compact(
        {
            "seating_plan_id": str(seating_plan_id),
            "name": plan.name,
            "sha256": sha256,
            "size": {"width": plan.width, "height": plan.height},
            "seats_total": plan.seats_total,
            "categories": [{"name": c.name, "color": c.color} for c in plan.categories],
            "zones": [_zone(zone, _category_index(plan)) for zone in plan.zones],
        }
    )


def with_version(view: bytes, version: int) -> bytes:
    """The view, a JSON object, with the member `version` put first; costs nothing for a large one."""
    return b'{"version":%d,' % version + view.removeprefix(b"{")


def _ranked_rows(plan: SeatingPlan) -> list[dict[str, Any]]:
    """Rows with their rank, 0 the best: the plan lists its best zones and rows first."""
    categories, rows = _category_index(plan), list[dict[str, Any]]()
    for zone in plan.zones:
        usual = usual_spacing([_points(row) for row in zone.rows])
        for row in zone.rows:
            seats = _placed_seats(row, categories, usual)
            rows.append({"zone": zone.name, "row": row.name, "rank": len(rows), "seats": seats})
    return rows


def _placed_seats(row: PlanRow, categories: dict[str, int], usual: float | None) -> list[list[Any]]:
    row_places = places(_points(row), usual=usual)
    return [
        [seat.seat_id, seat.number, categories[seat.category], place, _short(seat.x), _short(seat.y)]
        for seat, place in zip(row.seats, row_places, strict=True)
    ]


def _zone(zone: PlanZone, categories: dict[str, int]) -> dict[str, Any]:
    return {
        "name": zone.name,
        "rows": [{"row": row.name, "seats": _drawn_seats(row, categories)} for row in zone.rows],
        "areas": [_area(area) for area in zone.areas],
    }


def _drawn_seats(row: PlanRow, categories: dict[str, int]) -> list[list[Any]]:
    return [
        [s.seat_id, s.number, categories[s.category], _short(s.x), _short(s.y), _short(s.radius)]
        for s in row.seats
    ]


def _area(area: PlanArea) -> dict[str, Any]:
    nothing_sold = {"area_id": None, "name": None, "price_category": None, "capacity": None}
    sold = _admission(area.admission) if area.admission else nothing_sold
    return {**sold, "shape": area.shape}


def _admission(admission: Admission) -> dict[str, Any]:
    return {
        "area_id": admission.area_id,
        "name": admission.name,
        "price_category": admission.category,
        "capacity": admission.capacity,
    }


def _category_index(plan: SeatingPlan) -> dict[str, int]:
    return {category.name: index for index, category in enumerate(plan.categories)}


def _points(row: PlanRow) -> list[tuple[float, float]]:
    return [(seat.x, seat.y) for seat in row.seats]


def _short(value: float) -> float:
    """A hundredth of a pixel is enough to draw with; whole numbers lose their `.0`."""
    rounded = round(value, 2)
    return int(rounded) if rounded.is_integer() else rounded


def _compact(view: dict[str, Any]) -> bytes:
    return json.dumps(view, separators=(",", ":"), ensure_ascii=False).encode()
