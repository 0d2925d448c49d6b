"""What notifications asks for when it writes a mail; never routed by the gateway.

Who is unknown, erased or was too long in asking is gone (410): then there is no mail. Links are made
here and now, because no table holds a token.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.clock import utc_now
from chassis.http import SnapshotConn
from chassis.internal_api import InternalCaller
from chassis.problems import ProblemError, ProblemSpec
from orders.api.answers import MoneyOut
from orders.api.dependencies import AccessTokensOf
from orders.api.personal import Personal
from orders.domain.states import OrderState
from orders.queries.mails import (
    find_cancelled_tickets,
    find_lookup,
    find_order_to_tell,
    guest_orders_of_email,
)
from orders.usecases.order_access_tokens import OrderAccessTokens

router = APIRouter(prefix="/internal", include_in_schema=False)

GONE = ProblemSpec(410, "gone", "Nobody is to be told")


class LineToTell(BaseModel):
    event_title: str
    starts_at: datetime
    seat_id: str
    ordered_seat_id: str | None
    price_category: str
    ticket_type: str
    price: MoneyOut


class OrderToTell(BaseModel):
    order_id: UUID
    state: OrderState
    reason: str
    total: MoneyOut
    lines: list[LineToTell]


class OrderMailOut(BaseModel):
    """Whom to tell of which order; the token opens it for a guest."""

    email: str
    name: str | None
    order: OrderToTell
    order_access_token: str | None


class CancelledTicketsToTell(BaseModel):
    """Of the tickets given back together: their lines, what goes back and what is kept of their prices."""

    lines: list[LineToTell]
    refund: MoneyOut
    fee: MoneyOut
    tickets_left: int


class CancelledTicketsMailOut(OrderMailOut):
    """Whom to tell that some tickets of which order were given back."""

    cancelled: CancelledTicketsToTell


class LinkToTell(BaseModel):
    order_id: UUID
    event_titles: list[str]
    placed_at: datetime
    order_access_token: str


class LinksMailOut(BaseModel):
    """Whom to send the links to which orders, the newest first."""

    email: str
    orders: list[LinkToTell]


@router.get("/orders/{order_id}/mail")
async def get_order_mail(
    order_id: UUID,
    _caller: InternalCaller,
    conn: SnapshotConn,
    personal: Personal,
    access_tokens: AccessTokensOf,
) -> OrderMailOut:
    """The order as it is now; 410 when it is unknown or its contact was erased."""
    order = await find_order_to_tell(conn, order_id, personal=personal)
    if order is None:
        raise ProblemError(GONE)
    return OrderMailOut.model_validate(_mail_of(order, access_tokens))


@router.get("/orders/{order_id}/cancelled-tickets/{version}/mail")
async def get_cancelled_tickets_mail(
    order_id: UUID,
    version: int,
    _caller: InternalCaller,
    conn: SnapshotConn,
    personal: Personal,
    access_tokens: AccessTokensOf,
) -> CancelledTicketsMailOut:
    """The order as it is now, and the tickets that were given back when it came to this version; 410 when
    it is unknown, none were, or its contact was erased.
    """
    order = await find_order_to_tell(conn, order_id, personal=personal)
    cancelled = await find_cancelled_tickets(conn, order, version=version) if order else None
    if order is None or cancelled is None:
        raise ProblemError(GONE)
    return CancelledTicketsMailOut.model_validate(_mail_of(order, access_tokens) | {"cancelled": cancelled})


@router.get("/order-lookups/{lookup_id}")
async def get_order_links(
    lookup_id: UUID,
    _caller: InternalCaller,
    conn: SnapshotConn,
    personal: Personal,
    access_tokens: AccessTokensOf,
) -> LinksMailOut:
    """The links somebody asked for; 410 when that is over, or there is no order of a guest."""
    lookup = await find_lookup(conn, lookup_id, personal=personal, now=utc_now())
    if lookup is None:
        raise ProblemError(GONE)
    found = await guest_orders_of_email(conn, email_fingerprint=lookup["email_fingerprint"])
    if not found:
        raise ProblemError(GONE)
    links = [
        LinkToTell(
            order_id=order["order_id"],
            event_titles=order["event_titles"],
            placed_at=order["placed_at"],
            order_access_token=access_tokens.token(order["order_id"], generation=order["access_generation"]),
        )
        for order in found
    ]
    return LinksMailOut(email=lookup["email"], orders=links)


def _mail_of(order: Mapping[str, Any], access_tokens: OrderAccessTokens) -> dict[str, Any]:
    token = access_tokens.token(order["order_id"], generation=order["access_generation"])
    return {
        "email": order["contact"]["email"],
        "name": order["contact"]["name"],
        "order": order,
        "order_access_token": token if order["is_guests"] else None,
    }
