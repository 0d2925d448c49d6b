"""Venues, for organizers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from starlette.responses import Response

from catalog.api import examples
from catalog.api.cursors import id_of, next_cursor
from catalog.api.dependencies import Organizer, OwnOrganizations
from catalog.api.examples import answers, body_example, page
from catalog.api.problems import VENUE_NOT_FOUND, VENUE_REFUSALS
from catalog.api.schemas.venues import VenueIn, VenueOut
from catalog.domain.organizations import choose_organization
from catalog.queries.venues import list_venues
from catalog.storage.venues import find_venue
from catalog.usecases.create_venue import create_venue
from catalog.usecases.errors import VenueNotFound
from chassis.http import SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.ids import new_id
from chassis.paging import CURSOR_INVALID, Cursor, Limit, Page

router = APIRouter(prefix="/api/v1/venues", tags=["venues"])


@router.post(
    "",
    summary="Create a venue",
    status_code=201,
    response_model=VenueOut,
    responses=answers(201, examples.VENUE, *VENUE_REFUSALS),
)
async def post_venue(
    body: Annotated[VenueIn, Body(openapi_examples=body_example(examples.NEW_VENUE))],
    organizer: Organizer,
    own: OwnOrganizations,
    write: IdempotentWrite,
) -> Response:
    """A venue never changes; create another instead."""
    owner = choose_organization(asked=body.organization_id, own=own)
    venue = body.venue(venue_id=new_id(), organization_id=owner)
    return await write.once(
        lambda tx: create_venue(tx, venue=venue, created_by=organizer.subject),
        status=201,
        respond=VenueOut.of,
        location=lambda created: f"/api/v1/venues/{created.venue_id}",
    )


@router.get("", summary="List venues", responses=answers(200, page(examples.VENUE), CURSOR_INVALID))
async def get_venues(
    connection: SnapshotConn, own: OwnOrganizations, limit: Limit = 50, cursor: Cursor = None
) -> Page[VenueOut]:
    """The venues of one's own organizations, newest first."""
    venues = await list_venues(connection, organizations=own, before=id_of(cursor), limit=limit + 1)
    return Page(
        items=[VenueOut.of(venue) for venue in venues[:limit]],
        next_cursor=next_cursor(venues, limit, lambda venue: [str(venue.venue_id)]),
    )


@router.get("/{venue_id}", summary="Show a venue", responses=answers(200, examples.VENUE, VENUE_NOT_FOUND))
async def get_venue(venue_id: UUID, connection: SnapshotConn, own: OwnOrganizations) -> VenueOut:
    """One venue."""
    venue = await find_venue(connection, venue_id=venue_id, organizations=own)
    if venue is None:
        raise VenueNotFound
    return VenueOut.of(venue)
