"""Placing and reading orders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from chassis.access import CurrentPrincipal, OptionalPrincipal
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.http import SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.paging import CURSOR_INVALID, Cursor, Limit, cursor_invalid, decode_cursor, encode_cursor
from chassis.problems import TOO_MANY_REQUESTS, problem_responses
from orders.api import problems
from orders.api.answers import GuestOrderOut, OrderOut, OrdersOut, TicketOut, TicketsOut
from orders.api.dependencies import AccessTokensOf, HoldTokensOf
from orders.api.hold_tokens import KEYS_UNAVAILABLE
from orders.api.personal import Personal
from orders.api.rights import RightToOrder, guest_scope
from orders.api.schemas import AttendeeIn, OrderIn
from orders.domain.basket import Attendee
from orders.domain.order import Contact
from orders.queries import check_own_order, find_order, find_own_order, orders_of_buyer, tickets_of_order
from orders.usecases.place_order import place_order

router = APIRouter(prefix="/orders", tags=["orders"])

OrderId = Annotated[UUID, Path(examples=["0192f0c1-8a10-7b62-8f7e-1f2d3c4b5a69"])]


@router.post(
    "",
    status_code=201,
    response_model=OrderOut | GuestOrderOut,
    summary="Place an order on held seats",
    responses=problem_responses(
        problems.HOLD_EXPIRED,
        problems.HOLD_ALREADY_ORDERED,
        problems.EVENT_CANCELLED,
        problems.PERSON_LIMIT_REACHED,
        problems.HOLD_TOKEN_INVALID,
        problems.HOLDS_OVERLAP,
        problems.ATTENDEES_DO_NOT_MATCH,
        problems.ATTENDEES_INVALID,
        problems.TICKET_TYPE_UNKNOWN,
        problems.TOO_MANY_SEATS,
        problems.CURRENCIES_DIFFER,
        problems.EVENT_NOT_KNOWN_YET,
        KEYS_UNAVAILABLE,
    ),
)
async def post_order(
    principal: OptionalPrincipal,
    body: OrderIn,
    write: IdempotentWrite,
    hold_tokens: HoldTokensOf,
    access_tokens: AccessTokensOf,
    personal: Personal,
) -> Response:
    """The bearer of a hold token may order its seats. The total is computed here, from the
    event's prices; the order then awaits its payment or, if it is free, its finalization.

    Without an access token it is a guest's order: this answer, and no other, has its
    `order_access_token`, the right to read, finalize and cancel it.
    """

    async def work(tx: Transaction) -> OrderOut:
        order_id = await place_order(
            tx,
            buyer_id=principal.subject if principal else None,
            access_tokens=access_tokens,
            holds=holds,
            contact=Contact(**body.contact.model_dump()),
            attendees=[_attendee(attendee) for attendee in body.attendees],
            personal=personal,
            equivalent_seats_allowed=body.equivalent_seats_allowed,
            now=utc_now(),
        )
        placed = await find_order(tx, order_id, personal=personal)
        if principal is not None:
            return OrderOut.of(placed)
        return GuestOrderOut.placed(placed, order_access_token=access_tokens.token(order_id))

    holds = await hold_tokens.holds(body.hold_tokens)
    return await write.once(
        work,
        status=201,
        headers={"Cache-Control": "no-store"},
        location=lambda order: f"/api/v1/orders/{order.order_id}",
        scope=write.scope or guest_scope(holds),
    )


@router.get("", summary="List your orders, the newest first", responses=problem_responses(CURSOR_INVALID))
async def get_orders(
    principal: CurrentPrincipal,
    conn: SnapshotConn,
    personal: Personal,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> OrdersOut:
    """A page of your own orders with their lines and timelines."""
    before = _order_id_of(cursor) if cursor else None
    rows = await orders_of_buyer(
        conn, buyer_id=principal.subject, before=before, limit=limit + 1, personal=personal
    )
    items = [OrderOut.of(row) for row in rows[:limit]]
    more = len(rows) > limit
    return OrdersOut(items=items, next_cursor=encode_cursor([str(items[-1].order_id)]) if more else None)


@router.get(
    "/{order_id}",
    summary="Read an order with its timeline",
    responses=problem_responses(TOO_MANY_REQUESTS),
)
async def get_order(
    right: RightToOrder, order_id: OrderId, conn: SnapshotConn, personal: Personal
) -> OrderOut:
    """Your own order, or the one whose access token you send; an operator may read any. Another's order,
    one that does not exist and a wrong token are answered alike.
    """
    return OrderOut.of(await find_own_order(conn, order_id=order_id, right=right, personal=personal))


@router.get(
    "/{order_id}/tickets",
    summary="Read an order's tickets",
    responses=problem_responses(TOO_MANY_REQUESTS),
)
async def get_tickets(
    right: RightToOrder, order_id: OrderId, conn: SnapshotConn, personal: Personal
) -> TicketsOut:
    """Empty until the order is confirmed; voided ones stay listed."""
    await check_own_order(conn, order_id=order_id, right=right)
    rows = await tickets_of_order(conn, order_id, personal=personal)
    return TicketsOut(items=[TicketOut.of(row) for row in rows])


def _order_id_of(cursor: str) -> UUID:
    try:
        return UUID(str(decode_cursor(cursor, length=1)[0]))
    except ValueError:
        raise cursor_invalid() from None


def _attendee(sent: AttendeeIn) -> Attendee:
    return Attendee(
        seat_id=sent.seat_id,
        ticket_type=sent.ticket_type,
        first_name=sent.first_name,
        last_name=sent.last_name,
        pesel=sent.pesel,
        event_id=sent.event_id,
        hold_id=sent.hold_id,
    )
