"""Gives accounts what orders knows of one person, for the export they asked for. Never routed."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.http import SnapshotConn
from chassis.internal_api import InternalCaller
from orders.api.answers import OrderOut
from orders.api.personal import Personal
from orders.domain.states import TicketState
from orders.queries.people import all_orders_of_buyer, all_tickets_of_buyer

router = APIRouter(prefix="/internal/people", include_in_schema=False)


class ExportedTicketOut(BaseModel):
    order_id: UUID
    ticket_id: UUID
    ticket_code: str
    state: TicketState
    event_id: UUID
    seat_id: str
    issued_at: datetime
    voided_at: datetime | None


class ExportOut(BaseModel):
    """All there is; a PESEL is masked, as in every answer to a buyer."""

    orders: list[OrderOut]
    tickets: list[ExportedTicketOut]


@router.get("/{account_id}/export")
async def get_export(
    _caller: InternalCaller, account_id: UUID, conn: SnapshotConn, personal: Personal
) -> ExportOut:
    """The orders and tickets of an account; empty for one that never bought anything."""
    buyer_id = str(account_id)
    orders = await all_orders_of_buyer(conn, buyer_id=buyer_id, personal=personal)
    tickets = await all_tickets_of_buyer(conn, buyer_id=buyer_id)
    return ExportOut(
        orders=[OrderOut.of(order) for order in orders],
        tickets=[ExportedTicketOut.model_validate(dict(ticket)) for ticket in tickets],
    )
