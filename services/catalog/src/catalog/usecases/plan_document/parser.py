"""Reads a seating-plan document into a SeatingPlan, or says everything that is wrong with it.

A 100,000-seat document takes a second or two, so callers run this in a thread. It is checked row
by row rather than in one call into the validator, because that call would hold the interpreter,
and with it every other request of the process, until it returned.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from catalog.domain.plan_faults import Fault, FaultList, FaultsFull, SeatingPlanInvalid
from catalog.domain.plan_rules import check_plan
from catalog.domain.seating_plan import (
    Admission,
    PlanArea,
    PlanCategory,
    PlanRow,
    PlanSeat,
    PlanZone,
    SeatingPlan,
)
from catalog.usecases.plan_document import format as fmt

PartT = TypeVar("PartT", bound=BaseModel)
Location = tuple[int | str, ...]
LIKE_OURS = re.compile(r"[a-z_]{1,40}")

RULE_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a member of the format",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be a string",
    "string_unicode": "must be valid Unicode",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "finite_number": "must be a finite number",
}
"""Our words for the validator's error types; others keep the validator's own sentence."""


def parse_document(body: bytes) -> dict[str, Any]:
    """The JSON object in `body` (UTF-8). Raises SeatingPlanInvalid where it holds none."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise _whole_document_invalid("is not UTF-8 text") from None
    except RecursionError:
        raise _whole_document_invalid("is nested too deeply") from None
    except json.JSONDecodeError as error:
        rule = f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise _whole_document_invalid(rule) from None
    except ValueError as error:  # NaN, Infinity, or a number of thousands of digits
        raise _whole_document_invalid(f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise _whole_document_invalid("must be a JSON object")
    return document


def read_plan(document: dict[str, Any], *, seats_per_plan_max: int) -> SeatingPlan:
    """The plan that `document` draws. Raises SeatingPlanInvalid with every fault found, up to a bound."""
    faults = FaultList()
    try:
        plan = _Reader(faults).plan(document)
        faults.raise_if_any()
        check_plan(plan, faults, seats_per_plan_max=seats_per_plan_max)
    except FaultsFull:
        pass
    faults.raise_if_any()
    return plan  # pyright: ignore[reportPossiblyUnboundVariable]  # unbound only with faults


class _Reader:
    """Builds the parts of a plan; a part with faults is noted and read as if it were empty."""

    def __init__(self, faults: FaultList) -> None:
        self._faults = faults

    def plan(self, document: dict[str, Any]) -> SeatingPlan:
        head = self._check(fmt.PlanDocument, _without(document, "zones"), path="")
        zones = tuple(
            self._zone(raw, path=f"zones/{index}") for index, raw in enumerate(_items(document, "zones"))
        )
        if head is None:
            return SeatingPlan(name="", width=0, height=0, categories=(), zones=zones)
        return SeatingPlan(
            name=head.name,
            width=int(head.size.width),
            height=int(head.size.height),
            categories=tuple(PlanCategory(name=c.name, color=c.color or None) for c in head.categories),
            zones=zones,
        )

    def _zone(self, raw: Any, *, path: str) -> PlanZone:
        head = self._check(fmt.Zone, _without(raw, "rows"), path=path)
        origin = head.position if head else fmt.ORIGIN
        rows = tuple(self._rows(raw, origin, path))
        if head is None:
            return PlanZone(name="", rows=rows, areas=())
        areas = tuple(
            _area(area, shape, origin, path=f"{path}/areas/{index}")
            for index, (area, shape) in enumerate(zip(head.areas, raw.get("areas", []), strict=True))
        )
        return PlanZone(name=head.name, rows=rows, areas=areas)

    def _rows(self, raw_zone: Any, origin: fmt.Position, path: str) -> Iterator[PlanRow]:
        for index, raw in enumerate(_items(raw_zone, "rows")):
            row_path = f"{path}/rows/{index}"
            row = self._check(fmt.Row, raw, path=row_path)
            if row is not None:
                yield PlanRow(path=row_path, name=row.row_number, seats=tuple(_seats(row, origin)))

    def _check(self, part: type[PartT], raw: Any, *, path: str) -> PartT | None:
        try:
            return part.model_validate(raw)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False, include_input=False):
                rule = RULE_WORDS.get(detail["type"], detail["msg"].lower().removeprefix("value error, "))
                self._faults.add(_join(path, _shown(detail["type"], detail["loc"])), rule)
            return None


def _seats(row: fmt.Row, origin: fmt.Position) -> Iterator[PlanSeat]:
    left, top = origin.x + row.position.x, origin.y + row.position.y
    for seat in row.seats:
        yield PlanSeat(
            seat_id=seat.seat_guid,
            number=seat.seat_number,
            category=seat.category,
            x=left + seat.position.x,
            y=top + seat.position.y,
            radius=seat.radius,
        )


def _area(area: fmt.Area, raw: dict[str, Any], origin: fmt.Position, *, path: str) -> PlanArea:
    position = {"x": origin.x + area.position.x, "y": origin.y + area.position.y}
    shape = {name: value for name, value in raw.items() if name != "general_admission"}
    sold = area.general_admission
    return PlanArea(
        path=path,
        shape={**shape, "position": position},
        admission=sold and Admission(**sold.model_dump()),
    )


def _without(raw: Any, member: str) -> Any:
    """The object with the list `member` emptied, so that its items can be checked one by one."""
    if isinstance(raw, dict) and isinstance(raw.get(member), list):
        return {**raw, member: []}
    return raw


def _items(raw: Any, member: str) -> list[Any]:
    """The list `member` of an object; empty where `_without` leaves it to the check to say why."""
    items = raw.get(member) if isinstance(raw, dict) else None
    return items if isinstance(items, list) else []


def _shown(kind: str, location: Location) -> Location:
    """Without the name of a member we do not have, unless it looks like a slip in one of ours: a name
    somebody made up may be a secret as well as a value.
    """
    if kind == "extra_forbidden" and not LIKE_OURS.fullmatch(str(location[-1])):
        return (*location[:-1], "(a member of another name)")
    return location


def _join(path: str, location: Location) -> str:
    return "/".join(part for part in (path, *map(str, location)) if part)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _whole_document_invalid(rule: str) -> SeatingPlanInvalid:
    return SeatingPlanInvalid([Fault(path="", rule=rule)])
