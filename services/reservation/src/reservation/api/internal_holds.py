"""What orders asks about holds and sold seats; never routed by the gateway."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from chassis.http import Db, SnapshotConn
from chassis.internal_api import InternalCaller
from chassis.paging import CURSOR_CHARS_MAX, cursor_invalid, decode_cursor, encode_cursor
from reservation.api.dependencies import DeskOf
from reservation.queries import SeatCursor, sold_seats
from reservation.usecases.renew_holds import renew_holds

router = APIRouter(prefix="/internal", include_in_schema=False)

IDS_MAX = 100
SOLD_SEATS_MAX = 5_000


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RenewalsIn(_In):
    """The holds of an order that is about to be paid."""

    hold_ids: list[UUID] = Field(min_length=1, max_length=IDS_MAX)


class HoldTimeOut(BaseModel):
    """Until when the hold's seats are kept for it; in the past, or now, when they no longer are."""

    model_config = ConfigDict(from_attributes=True)

    hold_id: UUID
    expires_at: datetime
    renewed: bool


class RenewalsOut(BaseModel):
    """Unknown holds are left out."""

    holds: list[HoldTimeOut]


class SoldSeatsIn(_In):
    """`next` as the page before gave it, for the same events; null for the first page."""

    event_ids: list[UUID] = Field(min_length=1, max_length=IDS_MAX)
    next: str | None = Field(default=None, max_length=CURSOR_CHARS_MAX)
    limit: int = Field(default=1_000, ge=1, le=SOLD_SEATS_MAX)


class SoldSeatOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    event_id: UUID
    seat_id: str
    order_id: UUID


class SoldSeatsOut(BaseModel):
    """A page of sold seats, event by event in plan order; `next` is null on the last one."""

    seats: list[SoldSeatOut]
    next: str | None


@router.post("/holds/renewals")
async def post_renewals(body: RenewalsIn, _caller: InternalCaller, db: Db, desk: DeskOf) -> RenewalsOut:
    """Renew what can be renewed, and tell until when each hold lasts. Asking again does no harm."""
    times = await db.run(lambda tx: renew_holds(tx, hold_ids=set(body.hold_ids), limits=desk.limits))
    return RenewalsOut(holds=[HoldTimeOut.model_validate(time) for time in times])


@router.post("/sold-seats")
async def post_sold_seats(
    body: SoldSeatsIn, _caller: InternalCaller, connection: SnapshotConn
) -> SoldSeatsOut:
    """Which seats of these events are sold, to which orders. A question; the list is too long for a URL."""
    seats = await sold_seats(
        connection, event_ids=body.event_ids, after=_after(body.next), limit=body.limit + 1
    )
    page = seats[: body.limit]
    more = encode_cursor([str(page[-1].event_id), page[-1].position]) if len(seats) > len(page) else None
    return SoldSeatsOut(seats=[SoldSeatOut.model_validate(seat) for seat in page], next=more)


def _after(cursor: str | None) -> SeatCursor | None:
    if cursor is None:
        return None
    event_id, position = decode_cursor(cursor, length=2)
    if not isinstance(position, int) or not 0 <= position < 2**31:
        raise cursor_invalid()
    try:
        return UUID(event_id), position
    except (ValueError, AttributeError, TypeError):
        raise cursor_invalid() from None
