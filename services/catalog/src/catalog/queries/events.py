"""One event with everything about it, and the events organizers work on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, select

from catalog.domain.event import Event, EventState
from catalog.domain.venue import Venue
from catalog.storage.events import EVENT_COLUMNS, event_from_row
from catalog.storage.tables import EVENT_AVAILABILITY, EVENTS, SEATING_PLANS, VENUES
from chassis.database import Snapshot


@dataclass(frozen=True, slots=True)
class Availability:
    """Seats left as of `as_of`. `version` is reservation's, 0 until it first reports.

    `categories`: [{"price_category", "available", "total"}] in the plan's order.
    """

    available: int
    total: int
    version: int
    as_of: datetime
    categories: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EventPlan:
    """What there is to sit on. `categories`: [{"name", "color", "capacity"}]."""

    seating_plan_id: UUID
    name: str
    version: int
    sha256: str
    categories: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EventDetail:
    """An event with its venue and plan; `availability` is None for a draft."""

    event: Event
    venue: Venue
    plan: EventPlan
    availability: Availability | None


_VENUE_COLUMNS = ("venue_id", "organization_id", "name", "city", "country", "address", "time_zone")
_PLAN_COLUMNS = ("seating_plan_id", "name", "version", "sha256", "categories")
_AVAILABILITY_COLUMNS = ("available", "total", "version", "as_of", "categories")

_QUERY: Select[Any] = (
    select(
        *EVENT_COLUMNS,
        *(VENUES.c[name].label(f"venue__{name}") for name in _VENUE_COLUMNS),
        *(SEATING_PLANS.c[name].label(f"plan__{name}") for name in _PLAN_COLUMNS),
        *(EVENT_AVAILABILITY.c[name].label(f"seats__{name}") for name in _AVAILABILITY_COLUMNS),
    )
    .join_from(EVENTS, VENUES, EVENTS.c.venue_id == VENUES.c.venue_id)
    .join(SEATING_PLANS, EVENTS.c.seating_plan_id == SEATING_PLANS.c.seating_plan_id)
    .outerjoin(EVENT_AVAILABILITY, EVENTS.c.event_id == EVENT_AVAILABILITY.c.event_id)
)


async def find_event(connection: Snapshot, *, event_id: UUID) -> EventDetail | None:
    """The event in any state, or None."""
    found = await connection.execute(_QUERY.where(EVENTS.c.event_id == event_id))
    row = found.mappings().one_or_none()
    return _detail(row) if row else None


async def list_organizer_events(
    connection: Snapshot,
    *,
    organizations: Collection[UUID],
    state: EventState | None,
    before: UUID | None,
    limit: int,
) -> list[EventDetail]:
    """Up to `limit` events of `organizations`, newest first, made before `before`.

    In any state, or in `state`.
    """
    conditions: list[ColumnElement[bool]] = [EVENTS.c.organization_id.in_(organizations)]
    if state is not None:
        conditions.append(EVENTS.c.state == state)
    if before is not None:
        conditions.append(EVENTS.c.event_id < before)
    query = _QUERY.where(*conditions).order_by(EVENTS.c.event_id.desc()).limit(limit)
    rows = (await connection.execute(query)).mappings()
    return [_detail(row) for row in rows]


def _detail(values: RowMapping) -> EventDetail:
    seats = {name: values[f"seats__{name}"] for name in _AVAILABILITY_COLUMNS}
    return EventDetail(
        event=event_from_row(values),
        venue=Venue(**{name: values[f"venue__{name}"] for name in _VENUE_COLUMNS}),
        plan=EventPlan(**{name: values[f"plan__{name}"] for name in _PLAN_COLUMNS}),
        availability=None if seats["version"] is None else Availability(**seats),
    )
