"""What other services ask catalog: never routed by the gateway, and only for those with the internal key."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from catalog.api.problems import SEATING_PLAN_NOT_FOUND
from catalog.api.schemas.seating_plans import SeatingPlanSeats
from catalog.queries.seating_plans import find_seats_view
from catalog.usecases.errors import SeatingPlanNotFound
from chassis.http import SnapshotConn
from chassis.internal_api import InternalCaller
from chassis.problems import UNAUTHENTICATED, problem_responses

router = APIRouter(prefix="/internal", tags=["internal"], include_in_schema=False)


@router.get(
    "/seating-plans/{seating_plan_id}/seats",
    response_model=SeatingPlanSeats,
    responses=problem_responses(SEATING_PLAN_NOT_FOUND, UNAUTHENTICATED),
)
async def get_seats(seating_plan_id: UUID, _caller: InternalCaller, connection: SnapshotConn) -> Response:
    """All that the plan sells, in seat order; reservation asks once for each plan."""
    seats = await find_seats_view(connection, seating_plan_id=seating_plan_id)
    if seats is None:
        raise SeatingPlanNotFound
    return Response(seats.body, media_type="application/json", headers={"ETag": f'"{seats.sha256}"'})
