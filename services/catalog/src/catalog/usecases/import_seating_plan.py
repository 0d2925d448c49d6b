"""Import a seating plan: the next version of the plan of that name, never changed afterwards."""

from dataclasses import dataclass
from uuid import UUID

from catalog.domain.plan_views import document_sha256, geometry_view, seats_view, with_version
from catalog.domain.seating_plan import SeatingPlan
from catalog.storage.seating_plans import PlanForms, StoredPlan, add_plan, next_plan_version
from catalog.usecases.plan_document.parser import parse_document, read_plan
from chassis.database import Transaction
from chassis.ids import new_id


@dataclass(frozen=True, slots=True)
class PreparedPlan:
    """A plan read, checked and worked out: all that takes long, done before the transaction."""

    seating_plan_id: UUID
    plan: SeatingPlan
    sha256: str
    forms: PlanForms


def prepare_seating_plan(*, body: bytes, seats_per_plan_max: int) -> PreparedPlan:
    """Read a seating-plan document. Takes seconds for the largest: run it in a thread.

    Raises SeatingPlanInvalid with the paths of what is wrong.
    """
    document = parse_document(body)
    plan = read_plan(document, seats_per_plan_max=seats_per_plan_max)
    plan_id, sha256 = new_id(), document_sha256(document)
    forms = PlanForms(
        document=body,
        seats_view=seats_view(plan, seating_plan_id=plan_id, sha256=sha256),
        geometry_view=geometry_view(plan, seating_plan_id=plan_id, sha256=sha256),
    )
    return PreparedPlan(seating_plan_id=plan_id, plan=plan, sha256=sha256, forms=forms)


async def import_seating_plan(
    tx: Transaction, *, prepared: PreparedPlan, organization_id: UUID, created_by: str
) -> StoredPlan:
    """Store the plan under the next version of its name in its organization.

    An equal document gets a version too.
    """
    version = await next_plan_version(tx, organization_id=organization_id, name=prepared.plan.name)
    stored = _summary(prepared, organization_id=organization_id, version=version)
    forms = PlanForms(
        document=prepared.forms.document,
        seats_view=prepared.forms.seats_view,
        geometry_view=with_version(prepared.forms.geometry_view, version),
    )
    await add_plan(tx, plan=stored, forms=forms, created_by=created_by)
    return stored


def _summary(prepared: PreparedPlan, *, organization_id: UUID, version: int) -> StoredPlan:
    plan, capacity = prepared.plan, prepared.plan.capacity_by_category()
    return StoredPlan(
        seating_plan_id=prepared.seating_plan_id,
        organization_id=organization_id,
        name=plan.name,
        version=version,
        sha256=prepared.sha256,
        seats=plan.seats_total,
        areas=sum(1 for _ in plan.admissions()),
        categories=[
            {"name": category.name, "color": category.color, "capacity": capacity[category.name]}
            for category in plan.categories
        ],
    )
