"""The seats of an event: what is free, and what the organizer keeps from sale."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from chassis.access import Principal, requires
from chassis.database import Transaction
from chassis.http import SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.paging import Cursor, Limit, Page, cursor_invalid, decode_cursor, encode_cursor
from chassis.problems import problem_responses
from reservation.api import problems
from reservation.api.dependencies import DeskOf
from reservation.api.schemas import (
    AreaAvailabilityOut,
    AvailabilityOut,
    BlockedOut,
    BlockedSeatOut,
    BlockIn,
    CategoryAvailabilityOut,
    UnblockedOut,
    UnblockIn,
)
from reservation.domain.errors import EventNotOnSale
from reservation.queries import blocked_seats
from reservation.storage.seat_views import EventView
from reservation.usecases.block_seats import block_seats, unblock_seats

router = APIRouter(prefix="/api/v1/events/{event_id}", tags=["seats"])

ORGANIZER = "organizer"
Organizer = Annotated[Principal, requires(ORGANIZER)]
CACHE_CONTROL = "public, max-age=1"


@router.get(
    "/availability",
    response_model=AvailabilityOut,
    responses={
        304: {"description": "Nothing changed since the answer with this ETag"},
        **problem_responses(problems.EVENT_NOT_ON_SALE),
    },
)
async def get_availability(event_id: UUID, request: Request, desk: DeskOf) -> Response:
    """The status of every seat, compact; may be half a second old. Geometry comes from catalog."""
    view = await desk.views.view(event_id)
    if not view.status.is_on_sale:
        raise EventNotOnSale(event_id=event_id)
    headers = {"ETag": view.etag, "Cache-Control": CACHE_CONTROL}
    if view.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if view.document is None:
        view.document = to_json(_availability(view))
    return Response(view.document, headers=headers, media_type="application/json")


@router.post(
    "/blocked-seats",
    response_model=BlockedOut,
    responses=problem_responses(problems.EVENT_NOT_ON_SALE, problems.UNKNOWN_SEATS, problems.SEATS_NOT_FREE),
)
async def post_blocked_seats(
    event_id: UUID, body: BlockIn, organizer: Organizer, write: IdempotentWrite
) -> Response:
    """Keep free seats from sale. Seats that are held or sold are named, and nothing is blocked."""

    async def work(tx: Transaction) -> BlockedOut:
        await block_seats(
            tx,
            event_id=event_id,
            organization_ids=organizer.organizations_as(ORGANIZER),
            seat_ids=body.seat_ids,
            reason=body.reason,
        )
        return BlockedOut(blocked=body.seat_ids)

    return await write.once(work)


@router.post(
    "/unblocked-seats",
    response_model=UnblockedOut,
    responses=problem_responses(
        problems.EVENT_NOT_ON_SALE, problems.UNKNOWN_SEATS, problems.SEATS_NOT_BLOCKED
    ),
)
async def post_unblocked_seats(
    event_id: UUID, body: UnblockIn, organizer: Organizer, write: IdempotentWrite
) -> Response:
    """Put blocked seats on sale again."""

    async def work(tx: Transaction) -> UnblockedOut:
        organization_ids = organizer.organizations_as(ORGANIZER)
        await unblock_seats(tx, event_id=event_id, organization_ids=organization_ids, seat_ids=body.seat_ids)
        return UnblockedOut(unblocked=body.seat_ids)

    return await write.once(work)


@router.get("/blocked-seats", responses=problem_responses(problems.EVENT_NOT_ON_SALE))
async def get_blocked_seats(
    event_id: UUID, organizer: Organizer, connection: SnapshotConn, limit: Limit = 50, cursor: Cursor = None
) -> Page[BlockedSeatOut]:
    """Blocked seats in the order of the seating plan."""
    seats = await blocked_seats(
        connection,
        event_id=event_id,
        organization_ids=organizer.organizations_as(ORGANIZER),
        after_position=_position(cursor),
        limit=limit + 1,
    )
    more = encode_cursor([seats[limit - 1].position]) if len(seats) > limit else None
    items = [BlockedSeatOut(seat_id=seat.seat_id, reason=seat.reason) for seat in seats[:limit]]
    return Page(items=items, next_cursor=more)


def _position(cursor: str | None) -> int:
    if cursor is None:
        return -1
    (position,) = decode_cursor(cursor, length=1)
    if not isinstance(position, int) or not -1 <= position < 2**31:
        raise cursor_invalid()
    return position


def _availability(view: EventView) -> AvailabilityOut:
    geometry, status = view.offered.geometry, view.status
    counts = zip(geometry.price_categories, geometry.count_free(status.seats), strict=True)
    return AvailabilityOut(
        event_id=view.offered.event_id,
        version=status.version,
        as_of=status.as_of,
        seats=status.seats[: geometry.numbered_seats].decode("ascii"),
        areas=[
            AreaAvailabilityOut(
                area_id=area.area_id,
                available=status.seats.count(b"a", area.positions.start, area.positions.stop),
                capacity=area.capacity,
            )
            for area in geometry.areas
        ],
        categories=[
            CategoryAvailabilityOut(price_category=name, available=free, total=total)
            for name, (free, total) in counts
        ],
    )
