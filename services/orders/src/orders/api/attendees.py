"""Who sits there: corrected by the buyer, read in full by the organizer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from chassis.access import Principal, requires
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.http import Db
from chassis.idempotency import IdempotentWrite
from chassis.paging import CURSOR_INVALID, Cursor, Limit, cursor_invalid, decode_cursor, encode_cursor
from chassis.problems import TOO_MANY_REQUESTS, problem_responses
from orders.api import problems
from orders.api.answers import LineOut, OrderOut
from orders.api.attendee_schemas import AttendeeCorrectionIn, AttendeesOut, ListedAttendeeOut
from orders.api.limits import LimitsOf
from orders.api.orders import OrderId
from orders.api.personal import Personal
from orders.api.rights import RightToOrder, key_scope
from orders.domain.attendee import Correction
from orders.queries import find_order
from orders.usecases.correct_attendee import correct_attendee
from orders.usecases.read_attendees import read_attendees

ORGANIZER = "organizer"
router = APIRouter(tags=["attendees"])

LineId = Annotated[UUID, Path(examples=["0192f0c1-8a10-7d15-8c3e-4b5a69788796"])]
EventId = Annotated[UUID, Path(examples=["0192f0c1-7d57-7c39-9a53-2f6b8f0f5a11"])]


@router.patch(
    "/orders/{order_id}/attendees/{line_id}",
    response_model=LineOut,
    summary="Correct an attendee",
    responses=problem_responses(
        problems.ATTENDEES_INVALID,
        problems.ATTENDEES_FINAL,
        problems.PERSON_LIMIT_REACHED,
        problems.ORDER_IS_OVER,
        problems.TICKET_CANCELLED,
        problems.EVENT_CANCELLED,
        TOO_MANY_REQUESTS,
    ),
)
async def patch_attendee(
    right: RightToOrder,
    order_id: OrderId,
    line_id: LineId,
    body: AttendeeCorrectionIn,
    write: IdempotentWrite,
    personal: Personal,
    limits: LimitsOf,
) -> Response:
    """Until the organizer's deadline, else until the event starts. What is left out stays as it is.
    Another PESEL is another person: their tickets of the event are counted.
    """

    async def work(tx: Transaction) -> LineOut:
        await correct_attendee(
            tx,
            order_id=order_id,
            line_id=line_id,
            right=right,
            correction=Correction(**body.model_dump()),
            personal=personal,
            now=utc_now(),
        )
        order = OrderOut.of(await find_order(tx, order_id, personal=personal))
        return next(line for line in order.lines if line.line_id == line_id)

    scope = key_scope(write, order_id=order_id, right=right)
    await limits.correction(order_id, key_scope=scope)
    return await write.once(work, scope=scope)


@router.get(
    "/organizer/events/{event_id}/attendees",
    summary="List the attendees of your event in full",
    responses=problem_responses(CURSOR_INVALID),
)
async def get_attendees(
    organizer: Annotated[Principal, requires(ORGANIZER)],
    event_id: EventId,
    db: Db,
    personal: Personal,
    response: Response,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AttendeesOut:
    """Who has a valid ticket, by their seats, with the PESEL where the event requires it. For organizers
    of the event's organization; each page read is written down in an access record.
    """
    after = _seat_id_of(cursor) if cursor else None
    page = await db.run(
        lambda tx: read_attendees(
            tx,
            event_id=event_id,
            organization_ids=organizer.organizations_as(ORGANIZER),
            actor=organizer.subject,
            after=after,
            limit=limit,
            personal=personal,
            now=utc_now(),
        )
    )
    response.headers["Cache-Control"] = "no-store"
    items = [ListedAttendeeOut.of(row) for row in page.rows]
    return AttendeesOut(items=items, next_cursor=encode_cursor([items[-1].seat_id]) if page.more else None)


def _seat_id_of(cursor: str) -> str:
    seat_id = decode_cursor(cursor, length=1)[0]
    if not isinstance(seat_id, str):
        raise cursor_invalid()
    return seat_id
