"""Seating plans: their list, and their three JSON forms as stored."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select

from catalog.domain.event import EventState
from catalog.storage.seating_plans import STORED_PLAN_COLUMNS, StoredPlan
from catalog.storage.tables import EVENTS, SEATING_PLANS
from chassis.database import Snapshot


@dataclass(frozen=True, slots=True)
class PlanJson:
    """One stored form of a plan."""

    sha256: str
    body: bytes


@dataclass(frozen=True, slots=True)
class PlanOfEvent:
    """Which plan an event uses, whose it is, and whether that may still change."""

    seating_plan_id: UUID
    organization_id: UUID
    sha256: str
    event_state: EventState


async def list_seating_plans(
    connection: Snapshot,
    *,
    organizations: Collection[UUID],
    name: str | None,
    before: UUID | None,
    limit: int,
) -> list[StoredPlan]:
    """Up to `limit` plans of `organizations`, newest first, made before `before`.

    All versions, or those of `name`.
    """
    conditions: list[ColumnElement[bool]] = [SEATING_PLANS.c.organization_id.in_(organizations)]
    if name is not None:
        conditions.append(SEATING_PLANS.c.name == name)
    if before is not None:
        conditions.append(SEATING_PLANS.c.seating_plan_id < before)
    query = (
        select(*STORED_PLAN_COLUMNS)
        .where(*conditions)
        .order_by(SEATING_PLANS.c.seating_plan_id.desc())
        .limit(limit)
    )
    rows = (await connection.execute(query)).mappings()
    return [StoredPlan(**row) for row in rows]


async def find_document(
    connection: Snapshot, *, seating_plan_id: UUID, organizations: Collection[UUID]
) -> PlanJson | None:
    """The document exactly as it was imported, if it belongs to one of `organizations`."""
    own = SEATING_PLANS.c.organization_id.in_(organizations)
    return await _find_json(connection, seating_plan_id, "document", own)


async def find_seats_view(connection: Snapshot, *, seating_plan_id: UUID) -> PlanJson | None:
    """The seats in seat order, for reservation."""
    return await _find_json(connection, seating_plan_id, "seats_view")


async def find_geometry_view(connection: Snapshot, *, seating_plan_id: UUID) -> PlanJson | None:
    """What a seat map is drawn from."""
    return await _find_json(connection, seating_plan_id, "geometry_view")


async def find_plan_of_event(connection: Snapshot, *, event_id: UUID) -> PlanOfEvent | None:
    """The plan of an event in any state; None if there is no such event."""
    query = (
        select(EVENTS.c.seating_plan_id, EVENTS.c.organization_id, EVENTS.c.state, SEATING_PLANS.c.sha256)
        .join(SEATING_PLANS, EVENTS.c.seating_plan_id == SEATING_PLANS.c.seating_plan_id)
        .where(EVENTS.c.event_id == event_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return PlanOfEvent(row.seating_plan_id, row.organization_id, row.sha256, EventState(row.state))


async def _find_json(
    connection: Snapshot, seating_plan_id: UUID, form: str, *conditions: ColumnElement[bool]
) -> PlanJson | None:
    query = select(SEATING_PLANS.c.sha256, SEATING_PLANS.c[form]).where(
        SEATING_PLANS.c.seating_plan_id == seating_plan_id, *conditions
    )
    row = (await connection.execute(query)).one_or_none()
    return PlanJson(sha256=row[0], body=bytes(row[1])) if row else None
