"""Seating plans, for organizers: import, list, export."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from catalog.api import examples
from catalog.api.cursors import id_of, next_cursor
from catalog.api.dependencies import Organizer, OwnOrganizations
from catalog.api.examples import answers, body_example, page
from catalog.api.problems import ORGANIZATION_REFUSALS, SEATING_PLAN_INVALID, SEATING_PLAN_NOT_FOUND
from catalog.api.schemas.seating_plans import SeatingPlanOut
from catalog.domain.organizations import choose_organization
from catalog.queries.seating_plans import find_document, list_seating_plans
from catalog.settings import Settings
from catalog.usecases.errors import SeatingPlanNotFound
from catalog.usecases.import_seating_plan import PreparedPlan, import_seating_plan, prepare_seating_plan
from catalog.usecases.plan_document.format import PlanDocument
from chassis.http import SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.paging import CURSOR_INVALID, Cursor, Limit, Page

PATH = "/api/v1/seating-plans"

# Described by hand, because the body is read and checked outside of FastAPI, in a thread.
PLAN_REQUEST = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/PlanDocument"},
            "examples": body_example(examples.PLAN_DOCUMENT),
        }
    },
}

# One plan is read at a time: the largest needs some 300 MB while it is.
_READER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="seating-plan-reader")

router = APIRouter(prefix=PATH, tags=["seating plans"])


@router.post(
    "",
    summary="Import a seating plan",
    status_code=201,
    response_model=SeatingPlanOut,
    responses=answers(201, examples.SEATING_PLAN, SEATING_PLAN_INVALID, *ORGANIZATION_REFUSALS),
    openapi_extra={"requestBody": PLAN_REQUEST},
)
async def post_seating_plan(
    request: Request,
    organizer: Organizer,
    own: OwnOrganizations,
    write: IdempotentWrite,
    organization_id: Annotated[
        UUID | None,
        Query(description="Whose the plan will be; needed by organizers of several organizations"),
    ] = None,
) -> Response:
    """Takes the JSON that pretix's plan editor writes. A plan never changes: importing one under
    the same name makes the organization's next version of it. A refusal names the path of everything
    that is wrong, up to 20 faults.

    Areas are drawn but not sold, unless they carry our one addition to the format:
    `"general_admission": {"area_id", "name", "category", "capacity"}`.
    """
    # Before the plan is read, which takes long.
    owner = choose_organization(asked=organization_id, own=own)
    prepared = await _prepare(await request.body(), request.app.state.settings)
    return await write.once(
        lambda tx: import_seating_plan(
            tx, prepared=prepared, organization_id=owner, created_by=organizer.subject
        ),
        status=201,
        respond=SeatingPlanOut.of,
        location=lambda plan: f"{PATH}/{plan.seating_plan_id}",
    )


@router.get(
    "", summary="List seating plans", responses=answers(200, page(examples.SEATING_PLAN), CURSOR_INVALID)
)
async def get_seating_plans(
    connection: SnapshotConn,
    own: OwnOrganizations,
    name: Annotated[str | None, Query(max_length=190, description="Only the versions of this plan")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SeatingPlanOut]:
    """The plans of one's own organizations in all versions, newest first."""
    plans = await list_seating_plans(
        connection, organizations=own, name=name, before=id_of(cursor), limit=limit + 1
    )
    return Page(
        items=[SeatingPlanOut.of(plan) for plan in plans[:limit]],
        next_cursor=next_cursor(plans, limit, lambda plan: [str(plan.seating_plan_id)]),
    )


@router.get(
    "/{seating_plan_id}",
    summary="Export a seating plan",
    response_model=PlanDocument,
    responses=answers(200, examples.PLAN_DOCUMENT, SEATING_PLAN_NOT_FOUND),
)
async def get_seating_plan(
    seating_plan_id: UUID, connection: SnapshotConn, own: OwnOrganizations
) -> Response:
    """The document, byte for byte as it was imported."""
    document = await find_document(connection, seating_plan_id=seating_plan_id, organizations=own)
    if document is None:
        raise SeatingPlanNotFound
    return Response(document.body, media_type="application/json", headers={"ETag": f'"{document.sha256}"'})


async def _prepare(body: bytes, settings: Settings) -> PreparedPlan:
    prepare = partial(prepare_seating_plan, body=body, seats_per_plan_max=settings.seats_per_plan_max)
    return await asyncio.get_running_loop().run_in_executor(_READER, prepare)
