"""The tickets that count against the limit of one person, under a lock of that person.

The lock makes orders of one person queue, so that the one too many is refused with a clear answer. If
somebody forgot it, the unique number of each ticket would still keep the limit.
"""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, text, update

from chassis.database import Transaction
from orders.domain.person_limit import PersonSeat, PersonTicket
from orders.storage.tables import attendees, order_lines

# Locks are taken in the order of the array, the same for all, so that baskets with several people in
# common cannot deadlock. A key is 64 bits of the fingerprint: a collision makes strangers queue, no more.
_LOCK = text("SELECT count(pg_advisory_xact_lock(person)) FROM unnest(CAST(:people AS bigint[])) AS person")
_LOCK_DIGITS = 16


async def lock_people(tx: Transaction, people: Collection[str]) -> None:
    """Let nobody else count tickets of these people (fingerprints) until `tx` ends."""
    keys = sorted({_lock_key(person) for person in people})
    await tx.execute(_LOCK, {"people": keys})


async def counted_tickets(tx: Transaction, people: Collection[str]) -> dict[str, set[int]]:
    """The numbers of the tickets these people have."""
    found = select(attendees.c.person_fingerprint, attendees.c.person_ticket).where(
        attendees.c.person_fingerprint.in_(people), attendees.c.person_ticket.is_not(None)
    )
    numbers = defaultdict[str, set[int]](set)
    for person, number in await tx.execute(found):
        numbers[person].add(number)
    return numbers


async def uncounted_seats(tx: Transaction, *, order_id: UUID) -> list[tuple[UUID, PersonSeat]]:
    """The lines of an order that counted once and do not now, with whose seats they are."""
    columns = attendees.c.line_id, attendees.c.person_fingerprint, attendees.c.person_tickets_max
    rows = await tx.execute(
        select(*columns, order_lines.c.position)
        .join(order_lines, order_lines.c.line_id == attendees.c.line_id)
        .where(
            order_lines.c.order_id == order_id,
            attendees.c.person_fingerprint.is_not(None),
            attendees.c.person_ticket.is_(None),
        )
        .order_by(order_lines.c.position)
    )
    return [
        (line_id, PersonSeat(person=person, tickets_max=tickets_max, field=f"lines.{position}"))
        for line_id, person, tickets_max, position in rows
    ]


async def save_person_ticket(tx: Transaction, *, line_id: UUID, ticket: PersonTicket) -> None:
    """Let a line count again."""
    statement = update(attendees).where(attendees.c.line_id == line_id)
    await tx.execute(statement.values(person_ticket=ticket.number))


async def release_person_tickets(tx: Transaction, *, order_id: UUID) -> None:
    """Let no line of an order that has no tickets, or will have none, count any longer."""
    lines = select(order_lines.c.line_id).where(order_lines.c.order_id == order_id)
    counted = attendees.c.line_id.in_(lines) & attendees.c.person_ticket.is_not(None)
    await tx.execute(update(attendees).where(counted).values(person_ticket=None))


def _lock_key(person: str) -> int:
    return int.from_bytes(bytes.fromhex(person[:_LOCK_DIGITS]), "big", signed=True)
