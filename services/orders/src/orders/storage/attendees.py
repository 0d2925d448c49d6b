"""Attendees: one sealed row an order line. They are written while their order is new or locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import exists, insert, select, update

from chassis.database import Transaction
from orders.domain.attendee import PersonOnSeat
from orders.domain.basket import Line
from orders.domain.person_limit import PersonTicket
from orders.domain.states import TicketState
from orders.storage.personal_data import PersonalData
from orders.storage.tables import attendees, order_lines, tickets


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Seated:
    """An attendee as stored; `person` is None once they were shredded. `is_given_back` says that their
    ticket was cancelled.
    """

    line_id: UUID
    event_id: UUID
    person: PersonOnSeat | None
    person_fingerprint: str | None
    is_given_back: bool


async def find_attendee(
    tx: Transaction, *, order_id: UUID, line_id: UUID, personal: PersonalData
) -> Seated | None:
    """Who sits on this line of this order; None when the order has no such line."""
    voided = exists().where(tickets.c.line_id == attendees.c.line_id, tickets.c.state == TicketState.VOIDED)
    found = select(attendees, voided.label("is_given_back"))
    found = found.join(order_lines, order_lines.c.line_id == attendees.c.line_id)
    found = found.where(order_lines.c.order_id == order_id, attendees.c.line_id == line_id)
    row = (await tx.execute(found)).mappings().one_or_none()
    if row is None:
        return None
    return Seated(
        line_id=line_id,
        event_id=row["event_id"],
        person=await personal.attendee(row["sealed"], line_id=line_id),
        person_fingerprint=row["person_fingerprint"],
        is_given_back=row["is_given_back"],
    )


async def save_attendee(
    tx: Transaction,
    *,
    line_id: UUID,
    person: PersonOnSeat,
    other_person: PersonTicket | None,
    personal: PersonalData,
) -> None:
    """Write who sits there now; `other_person` is the ticket it counts as, if somebody else has it now."""
    values = {"sealed": await personal.seal_attendee(person, line_id=line_id)}
    if other_person is not None:
        values |= ticket_columns(other_person)
    await tx.execute(update(attendees).where(attendees.c.line_id == line_id).values(values))


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
