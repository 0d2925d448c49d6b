"""The valid tickets of an order, and giving some of them back; under the lock of their order."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from chassis.database import Snapshot, Transaction
from orders.domain.cancellation import SoldTicket
from orders.domain.states import TicketState
from orders.storage.tables import attendees, order_lines, tickets


async def valid_tickets(tx: Transaction | Snapshot, *, order_id: UUID) -> list[SoldTicket]:
    """Those that are valid now, in the order of their lines."""
    rows = await tx.execute(
        select(
            tickets.c.ticket_id,
            tickets.c.line_id,
            tickets.c.event_id,
            tickets.c.seat_id,
            order_lines.c.price_minor,
        )
        .join(order_lines, order_lines.c.line_id == tickets.c.line_id)
        .where(tickets.c.order_id == order_id, tickets.c.state == TicketState.VALID)
        .order_by(order_lines.c.position)
    )
    return [SoldTicket(**row) for row in rows.mappings()]


async def tickets_of_order(tx: Transaction | Snapshot, *, order_id: UUID) -> set[UUID]:
    """The ids of all tickets the order ever had."""
    return set(await tx.scalars(select(tickets.c.ticket_id).where(tickets.c.order_id == order_id)))


async def void_some_tickets(tx: Transaction, *, given_back: Sequence[SoldTicket], at: datetime) -> None:
    """Take these tickets back; their seats count for nobody any longer."""
    these = tickets.c.ticket_id.in_([ticket.ticket_id for ticket in given_back])
    await tx.execute(update(tickets).where(these).values(state=TicketState.VOIDED, voided_at=at))
    lines = attendees.c.line_id.in_([ticket.line_id for ticket in given_back])
    await tx.execute(update(attendees).where(lines).values(person_ticket=None))
