"""Seating plans: inserted once, never changed. The three JSON forms are stored as they are served."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from catalog.storage.tables import SEATING_PLANS
from chassis.database import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan without its drawing. `categories`: [{"name", "color", "capacity"}] in the plan's order."""

    seating_plan_id: UUID
    organization_id: UUID
    name: str
    version: int
    sha256: str
    seats: int
    areas: int
    categories: list[dict[str, Any]]

    @property
    def capacity_by_category(self) -> dict[str, int]:
        """What each category has to sell, in the plan's order."""
        return {category["name"]: category["capacity"] for category in self.categories}


@dataclass(frozen=True, slots=True)
class PlanForms:
    """The document as imported, and the two views computed from it: all JSON in UTF-8."""

    document: bytes
    seats_view: bytes
    geometry_view: bytes


STORED_PLAN_COLUMNS = (
    SEATING_PLANS.c.seating_plan_id,
    SEATING_PLANS.c.organization_id,
    SEATING_PLANS.c.name,
    SEATING_PLANS.c.version,
    SEATING_PLANS.c.sha256,
    SEATING_PLANS.c.seats,
    SEATING_PLANS.c.areas,
    SEATING_PLANS.c.categories,
)


async def next_plan_version(tx: Transaction, *, organization_id: UUID, name: str) -> int:
    """The version a new plan of this name gets in its organization, from 1.

    Imports of one name wait for each other until `tx` ends, or two would take the same version.
    """
    lock = func.hashtextextended(f"seating plan {organization_id} {name}", 0)
    await tx.execute(select(func.pg_advisory_xact_lock(lock)))
    highest = select(func.coalesce(func.max(SEATING_PLANS.c.version), 0)).where(
        SEATING_PLANS.c.organization_id == organization_id, SEATING_PLANS.c.name == name
    )
    return (await tx.execute(highest)).scalar_one() + 1


async def add_plan(tx: Transaction, *, plan: StoredPlan, forms: PlanForms, created_by: str) -> None:
    """Insert a new version of a plan."""
    columns = {column.name: getattr(plan, column.name) for column in STORED_PLAN_COLUMNS}
    await tx.execute(
        insert(SEATING_PLANS).values(
            **columns,
            document=forms.document,
            seats_view=forms.seats_view,
            geometry_view=forms.geometry_view,
            created_by=created_by,
        )
    )


async def find_plan(
    connection: Snapshot | Transaction, *, seating_plan_id: UUID, organizations: Collection[UUID]
) -> StoredPlan | None:
    """The plan without its drawing, if it belongs to one of `organizations`."""
    query = select(*STORED_PLAN_COLUMNS).where(
        SEATING_PLANS.c.seating_plan_id == seating_plan_id,
        SEATING_PLANS.c.organization_id.in_(organizations),
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return StoredPlan(**row) if row else None
