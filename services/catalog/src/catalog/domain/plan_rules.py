"""Rules of a seating plan that its format alone cannot state."""

import re
from collections.abc import Iterator

from catalog.domain.plan_faults import FaultList
from catalog.domain.seating_plan import Admission, PlanSeat, SeatingPlan

# A hold token lists the seats of a hold with their categories: what bounds these bounds it.
SEAT_ID_BYTES_MAX = 64
CATEGORY_BYTES_MAX = 64
# A seat id is a segment of a path and stands on tickets. The gateway refuses these characters
# however they are written, and a segment of dots only is a way to elsewhere.
_NOT_IN_SEAT_ID = re.compile(r'[/\\%?#;"\x80-\x9f]|^\.+$')


def check_plan(plan: SeatingPlan, faults: FaultList, *, seats_per_plan_max: int) -> None:
    """Note every broken rule in `faults`. `seats_per_plan_max` bounds seats and capacities together."""
    capacity_total = plan.capacity_total
    if capacity_total == 0:
        faults.add("zones", "must have at least one seat or one area with general_admission")
    if capacity_total > seats_per_plan_max:
        faults.add("zones", f"has {capacity_total} seats; a plan may have at most {seats_per_plan_max}")
    _check_categories(plan, faults)
    _check_seats(plan, faults)
    _check_areas(plan, faults)


def _check_categories(plan: SeatingPlan, faults: FaultList) -> None:
    seen: set[str] = set()
    for index, category in enumerate(plan.categories):
        path = f"categories/{index}/name"
        if not category.name:
            faults.add(path, "must not be empty")
        if _bytes(category.name) > CATEGORY_BYTES_MAX:
            faults.add(path, f"must not be longer than {CATEGORY_BYTES_MAX} bytes of UTF-8")
        if category.name in seen:
            faults.add(path, f"names the category {category.name!r} a second time")
        seen.add(category.name)


def _check_seats(plan: SeatingPlan, faults: FaultList) -> None:
    categories = {category.name for category in plan.categories}
    path_of: dict[str, str] = {}
    for path, seat in _seats_with_paths(plan):
        if seat.seat_id in path_of:
            faults.add(
                f"{path}/seat_guid", f"{seat.seat_id!r} is already the seat at {path_of[seat.seat_id]}"
            )
        path_of[seat.seat_id] = path
        _check_seat_id(seat.seat_id, f"{path}/seat_guid", faults)
        if seat.category not in categories:
            faults.add(f"{path}/category", f"{seat.category!r} is not one of the plan's categories")


def _check_seat_id(seat_id: str, path: str, faults: FaultList) -> None:
    if _bytes(seat_id) > SEAT_ID_BYTES_MAX:
        faults.add(path, f"must not be longer than {SEAT_ID_BYTES_MAX} bytes of UTF-8")
    if _NOT_IN_SEAT_ID.search(seat_id):
        faults.add(path, 'must be neither dots only nor hold / \\ % ? # ; " or a control character')


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _check_areas(plan: SeatingPlan, faults: FaultList) -> None:
    categories = {category.name for category in plan.categories}
    area_ids: set[str] = set()
    for path, admission in _admissions_with_paths(plan):
        if admission.area_id in area_ids:
            faults.add(f"{path}/area_id", f"{admission.area_id!r} is already another area")
        area_ids.add(admission.area_id)
        if admission.category not in categories:
            faults.add(f"{path}/category", f"{admission.category!r} is not one of the plan's categories")
    _check_seats_are_no_area_units(plan, area_ids, faults)


def _check_seats_are_no_area_units(plan: SeatingPlan, area_ids: set[str], faults: FaultList) -> None:
    """Unit n of an area is sold under the seat id `<area_id>:<n>`, which no seat may bear."""
    for path, seat in _seats_with_paths(plan):
        area_id, mark, unit = seat.seat_id.rpartition(":")
        if mark and unit.isdecimal() and area_id in area_ids:
            faults.add(f"{path}/seat_guid", f"{seat.seat_id!r} is a place in the area {area_id!r}")


def _seats_with_paths(plan: SeatingPlan) -> Iterator[tuple[str, PlanSeat]]:
    for row in plan.rows():
        for index, seat in enumerate(row.seats):
            yield f"{row.path}/seats/{index}", seat


def _admissions_with_paths(plan: SeatingPlan) -> Iterator[tuple[str, Admission]]:
    for zone in plan.zones:
        for area in zone.areas:
            if area.admission is not None:
                yield f"{area.path}/general_admission", area.admission
