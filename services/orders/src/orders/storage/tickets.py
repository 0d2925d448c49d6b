"""Tickets; written only while their order is locked."""

import secrets
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import update

from chassis.database import Transaction
from chassis.ids import new_id
from chassis.statements import Answer, Statement, at_once
from orders.domain.order import Order
from orders.domain.states import TicketState
from orders.domain.ticket_codes import TICKET_CODE_BYTES, ticket_code
from orders.storage.tables import tickets

_ISSUE = Statement(
    """
    INSERT INTO orders.tickets
        (ticket_id, order_id, line_id, event_id, seat_id, ticket_code, state, issued_at)
    SELECT seat.ticket_id, order_id, line_id, event_id, seat_id, seat.ticket_code, :state, :at
    FROM orders.order_lines
    JOIN unnest(
        CAST(:event_ids AS uuid[]), CAST(:seat_ids AS text[]),
        CAST(:ticket_ids AS uuid[]), CAST(:ticket_codes AS text[])
    ) AS seat (event_id, seat_id, ticket_id, ticket_code) USING (event_id, seat_id)
    WHERE order_id = :order_id
    """
)


class SeatsWithoutLine(Exception):
    """Some seats of an order have no line: it can have no tickets for them."""


async def issue_tickets(tx: Transaction, *, order: Order, at: datetime) -> None:
    """One valid ticket with a fresh random code for each seat of the order, and so for each of its lines."""
    seats = [(hold.event_id, seat_id) for hold in order.holds for seat_id in hold.seat_ids]
    async with at_once(tx) as together:
        issued = await _ISSUE.run(
            tx,
            order_id=order.order_id,
            event_ids=[event_id for event_id, _ in seats],
            seat_ids=[seat_id for _, seat_id in seats],
            ticket_ids=[new_id() for _ in seats],
            ticket_codes=[ticket_code(secrets.token_bytes(TICKET_CODE_BYTES)) for _ in seats],
            state=TicketState.VALID,
            at=at,
        )
        together.then(partial(_one_each, order, issued))


def _one_each(order: Order, issued: Answer) -> None:
    if issued.rows_changed != sum(len(hold.seat_ids) for hold in order.holds):
        raise SeatsWithoutLine(str(order.order_id))


async def void_tickets(tx: Transaction, *, order_id: UUID, at: datetime) -> None:
    """Take back the order's valid tickets, if it has any."""
    await tx.execute(
        update(tickets)
        .where(tickets.c.order_id == order_id, tickets.c.state == TicketState.VALID)
        .values(state=TicketState.VOIDED, voided_at=at)
    )
