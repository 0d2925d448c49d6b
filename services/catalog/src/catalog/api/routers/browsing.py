"""What buyers read: upcoming events, one event, and its seat map's geometry."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from catalog.api import examples
from catalog.api.cursors import moment_and_id_of, next_cursor
from catalog.api.dependencies import OrganizationsOfCaller, event_etag
from catalog.api.examples import answers, page
from catalog.api.problems import EVENT_NOT_FOUND
from catalog.api.schemas.browsing import ListingOut
from catalog.api.schemas.events import EventOut
from catalog.api.schemas.parts import Moment
from catalog.api.schemas.seating_plans import SeatingPlanGeometry
from catalog.domain.event import EventState
from catalog.queries.browsing import Filters, list_upcoming_events
from catalog.queries.events import find_event
from catalog.queries.seating_plans import find_geometry_view, find_plan_of_event
from catalog.usecases.errors import EventNotFound
from chassis.clock import utc_now
from chassis.http import SnapshotConn
from chassis.paging import CURSOR_INVALID, Cursor, Limit, Page

GEOMETRY_VERSION = 1
"""Part of the ETag: raise it when the geometry of a stored plan is computed anew in another shape."""

IMMUTABLE = "public, max-age=31536000, immutable"
MAY_CHANGE = "private, no-cache"

router = APIRouter(prefix="/api/v1/events", tags=["browsing"])


@router.get(
    "", summary="List upcoming events", responses=answers(200, page(examples.LISTING), CURSOR_INVALID)
)
async def get_events(
    *,
    connection: SnapshotConn,
    text: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=100,
            description="Words that begin words of the title, description, venue or city; all of them must",
            examples=["haml kra"],
        ),
    ] = None,
    from_: Annotated[
        Moment | None, Query(alias="from", description="Events that start then or later; never past ones")
    ] = None,
    to: Annotated[Moment | None, Query(description="Events that start before")] = None,
    city: Annotated[
        str | None, Query(min_length=1, max_length=190, description="In any case", examples=["Kraków"])
    ] = None,
    has_seats_left: Annotated[bool | None, Query(description="false finds what is sold out")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ListingOut]:
    """Published events that have not started, by start, each with its price range and seats left."""
    now = utc_now()
    filters = Filters(
        starts_from=max(now, from_) if from_ else now,
        starts_to=to,
        text=text,
        city=city,
        has_seats_left=has_seats_left,
    )
    found = await list_upcoming_events(
        connection, filters=filters, after=moment_and_id_of(cursor), limit=limit + 1
    )
    return Page(
        items=[ListingOut.of(listing) for listing in found[:limit]],
        next_cursor=next_cursor(found, limit, lambda last: [last.starts_at.isoformat(), str(last.event_id)]),
    )


@router.get("/{event_id}", summary="Show an event", responses=answers(200, examples.EVENT, EVENT_NOT_FOUND))
async def get_event(
    event_id: UUID, connection: SnapshotConn, own: OrganizationsOfCaller, response: Response
) -> EventOut:
    """Everything about a published or cancelled event; its organizers see a draft too, with an ETag."""
    detail = await find_event(connection, event_id=event_id)
    if detail is None or _is_hidden(detail.event.state, detail.event.organization_id, own):
        raise EventNotFound
    if detail.event.state is EventState.DRAFT:
        response.headers.update(event_etag(detail.event.version))
    return EventOut.of(detail)


@router.get(
    "/{event_id}/seating-plan",
    summary="Show where the seats are",
    response_model=SeatingPlanGeometry,
    responses={
        304: {"description": "The geometry you have, by If-None-Match, is the right one"},
        **answers(200, examples.GEOMETRY, EVENT_NOT_FOUND),
    },
)
async def get_geometry(
    event_id: UUID,
    connection: SnapshotConn,
    own: OrganizationsOfCaller,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Never changes once the event is published, so caches may keep it. Which seats are free is told
    by `/events/{event_id}/availability`, one character a seat in the order of this document.
    """
    plan = await find_plan_of_event(connection, event_id=event_id)
    if plan is None or _is_hidden(plan.event_state, plan.organization_id, own):
        raise EventNotFound
    etag = f'"g{GEOMETRY_VERSION}-{plan.sha256}-{plan.seating_plan_id}"'
    headers = {
        "ETag": etag,
        "Cache-Control": MAY_CHANGE if plan.event_state is EventState.DRAFT else IMMUTABLE,
    }
    if etag in (if_none_match or ""):
        return Response(status_code=304, headers=headers)
    geometry = await find_geometry_view(connection, seating_plan_id=plan.seating_plan_id)
    if geometry is None:
        raise EventNotFound
    return Response(geometry.body, media_type="application/json", headers=headers)


def _is_hidden(state: EventState, organization_id: UUID, own: Collection[UUID]) -> bool:
    """A draft is known only to the organizers of its organization."""
    return state is EventState.DRAFT and organization_id not in own
