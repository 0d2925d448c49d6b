"""Attendees: one sealed row an order line. They are written while their order is new or locked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from chassis.database import Transaction
from orders.domain.attendee import PersonOnSeat
from orders.domain.basket import Line
from orders.domain.person_limit import PersonTicket
from orders.storage.personal_data import PersonalData
from orders.storage.tables import attendees


async def insert_attendees(
    tx: Transaction,
    *,
    line_ids: Sequence[UUID],
    lines: Sequence[Line],
    tickets: Sequence[PersonTicket | None],
    personal: PersonalData,
) -> None:
    """Write who sits on the lines; `tickets` has what counts against the limit of one person."""
    together = zip(line_ids, lines, tickets, strict=True)
    rows = [
        {
            "line_id": line_id,
            "event_id": line.event_id,
            "sealed": await personal.seal_attendee(_person(line), line_id=line_id),
            **ticket_columns(ticket),
        }
        for line_id, line, ticket in together
    ]
    await tx.execute(insert(attendees), rows)


def ticket_columns(ticket: PersonTicket | None) -> dict[str, Any]:
    """A counted ticket as columns of its attendee; all null where the event has no such limit."""
    return {
        "person_fingerprint": ticket.person if ticket else None,
        "person_ticket": ticket.number if ticket else None,
        "person_tickets_max": ticket.tickets_max if ticket else None,
    }


def _person(line: Line) -> PersonOnSeat:
    sent = line.attendee
    return PersonOnSeat(first_name=sent.first_name, last_name=sent.last_name, pesel=sent.pesel)
