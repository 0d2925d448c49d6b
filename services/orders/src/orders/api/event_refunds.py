"""How far the refunds of an event have got, for its organizers and for operators."""

from typing import Annotated

from fastapi import APIRouter, Response

from chassis.access import Principal, requires
from chassis.http import SnapshotConn
from orders.api.attendees import ORGANIZER, EventId
from orders.api.cancellation_schemas import EventRefundsOut
from orders.api.rights import OPERATOR
from orders.queries import refunds_of_event

router = APIRouter(tags=["orders"])


@router.get("/organizer/events/{event_id}/refunds", summary="Watch the refunds of an event")
async def get_event_refunds(
    principal: Annotated[Principal, requires(ORGANIZER, OPERATOR)],
    event_id: EventId,
    conn: SnapshotConn,
    response: Response,
) -> EventRefundsOut:
    """Its orders by how far they are, its refunds by state with their sums. After an event is cancelled its
    orders are cancelled and refunded in the background: read this again to watch it. For organizers of the
    event's organization, and operators.
    """
    own = None if OPERATOR in principal.roles else principal.organizations_as(ORGANIZER)
    response.headers["Cache-Control"] = "no-store"
    return EventRefundsOut.model_validate(
        await refunds_of_event(conn, event_id=event_id, organization_ids=own)
    )
