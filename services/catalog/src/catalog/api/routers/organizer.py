"""The events organizers work on."""

from typing import Annotated

from fastapi import APIRouter, Query

from catalog.api import examples
from catalog.api.cursors import id_of, next_cursor
from catalog.api.dependencies import OwnOrganizations
from catalog.api.examples import answers, page
from catalog.api.schemas.events import OrganizerEventOut
from catalog.domain.event import EventState
from catalog.queries.events import list_organizer_events
from chassis.http import SnapshotConn
from chassis.paging import CURSOR_INVALID, Cursor, Limit, Page

router = APIRouter(prefix="/api/v1/organizer", tags=["events"])


@router.get(
    "/events",
    summary="List events in any state",
    responses=answers(200, page(examples.ORGANIZER_EVENT), CURSOR_INVALID),
)
async def get_organizer_events(
    connection: SnapshotConn,
    own: OwnOrganizations,
    state: Annotated[EventState | None, Query(description="Only events in this state")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OrganizerEventOut]:
    """Drafts, published and cancelled events of one's own organizations, past ones too, newest first."""
    found = await list_organizer_events(
        connection, organizations=own, state=state, before=id_of(cursor), limit=limit + 1
    )
    return Page(
        items=[OrganizerEventOut.of(detail) for detail in found[:limit]],
        next_cursor=next_cursor(found, limit, lambda detail: [str(detail.event.event_id)]),
    )
