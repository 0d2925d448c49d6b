"""Tickets; written only while their order is locked."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from chassis.database import Transaction
from chassis.ids import new_id
from orders.domain.states import TicketState
from orders.domain.ticket_codes import TICKET_CODE_BYTES, ticket_code
from orders.storage.tables import order_lines, tickets


async def issue_tickets(tx: Transaction, *, order_id: UUID, at: datetime) -> None:
    """One valid ticket with a fresh random code for each line of the order."""
    lines = await tx.execute(
        select(order_lines.c.line_id, order_lines.c.event_id, order_lines.c.seat_id)
        .where(order_lines.c.order_id == order_id)
        .order_by(order_lines.c.event_id, order_lines.c.seat_id)
    )
    rows = [
        {
            "ticket_id": new_id(),
            "order_id": order_id,
            "line_id": line.line_id,
            "event_id": line.event_id,
            "seat_id": line.seat_id,
            "ticket_code": ticket_code(secrets.token_bytes(TICKET_CODE_BYTES)),
            "state": TicketState.VALID,
            "issued_at": at,
        }
        for line in lines
    ]
    await tx.execute(insert(tickets), rows)


async def void_tickets(tx: Transaction, *, order_id: UUID, at: datetime) -> None:
    """Take back the order's valid tickets, if it has any."""
    await tx.execute(
        update(tickets)
        .where(tickets.c.order_id == order_id, tickets.c.state == TicketState.VALID)
        .values(state=TicketState.VOIDED, voided_at=at)
    )
