"""The organizer's list of who has a ticket, and the record that somebody read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from chassis.database import Transaction
from chassis.ids import new_id
from orders.storage.personal_data import PersonalData
from orders.storage.tables import access_records

# By seat, of which each has one valid ticket: the seat alone is the cursor, and the index that keeps
# it so is the one that finds the page.
_LIST = text("""
SELECT ticket.order_id, line_id, ticket.seat_id, price_category, ticket_type, attendees.sealed
FROM orders.tickets AS ticket
JOIN orders.order_lines USING (line_id)
JOIN orders.attendees USING (line_id)
WHERE ticket.event_id = :event_id AND ticket.state = 'valid'
  AND (CAST(:after AS text) IS NULL OR ticket.seat_id > :after)
ORDER BY ticket.seat_id
LIMIT :limit
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """Somebody read so many attendees of an event in full."""

    actor: str
    organization_id: UUID
    event_id: UUID
    at: datetime
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AttendeePage:
    """Part of an event's list, by seats; `more` says that it goes on."""

    rows: Sequence[dict[str, Any]]
    more: bool


async def attendees_of_event(
    tx: Transaction, *, event_id: UUID, after: str | None, limit: int, personal: PersonalData
) -> AttendeePage:
    """At most `limit` attendees with valid tickets, after the seat `after`; each `attendee` has the whole
    PESEL, and is None once shredded.
    """
    found = await tx.execute(_LIST, {"event_id": event_id, "after": after, "limit": limit + 1})
    rows = found.mappings().all()
    shown = [
        {**row, "attendee": await personal.attendee(row["sealed"], line_id=row["line_id"])}
        for row in rows[:limit]
    ]
    return AttendeePage(rows=shown, more=len(rows) > limit)


async def record_access(tx: Transaction, *, access: Access) -> None:
    """Write down who read what; there is no way to change it."""
    await tx.execute(
        insert(access_records).values(
            access_record_id=new_id(),
            at=access.at,
            actor=access.actor,
            organization_id=access.organization_id,
            event_id=access.event_id,
            rows=access.rows,
        )
    )
