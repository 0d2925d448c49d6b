"""Counts tickets against the limit of one person: when seats are ordered, given to somebody else, or
ordered again after their order had lapsed.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.database import Transaction
from orders.domain.basket import Line
from orders.domain.offer import Offer
from orders.domain.person_limit import PersonSeat, PersonTicket, number_tickets
from orders.storage.person_tickets import (
    counted_tickets,
    lock_people,
    save_person_ticket,
    uncounted_seats,
)
from orders.storage.personal_data import PersonalData


async def count_new_lines(
    tx: Transaction, *, lines: Sequence[Line], offers: Mapping[UUID, Offer], personal: PersonalData
) -> list[PersonTicket | None]:
    """Count the lines of a new order; None for each whose event has no limit.

    Locks the people until `tx` ends. Raises PersonLimitReached naming `attendees.<index>.pesel`.
    """
    seats = [_seat(index, line, offers[line.event_id], personal) for index, line in enumerate(lines)]
    counted = iter(await _count(tx, [seat for seat in seats if seat is not None]))
    return [None if seat is None else next(counted) for seat in seats]


async def count_again(tx: Transaction, *, order_id: UUID) -> None:
    """Count the lines of a lapsed order that gets its seats after all.

    Meanwhile its people may have bought as many tickets as they may: then PersonLimitReached.
    """
    uncounted = await uncounted_seats(tx, order_id=order_id)
    tickets = await _count(tx, [seat for _, seat in uncounted])
    for (line_id, _), ticket in zip(uncounted, tickets, strict=True):
        await save_person_ticket(tx, line_id=line_id, ticket=ticket)


async def count_other_person(tx: Transaction, *, seat: PersonSeat) -> PersonTicket:
    """Count a line for the person it is given to, who is not the one it counted for before."""
    return (await _count(tx, [seat]))[0]


async def _count(tx: Transaction, seats: Sequence[PersonSeat]) -> list[PersonTicket]:
    if not seats:
        return []
    people = [seat.person for seat in seats]
    await lock_people(tx, people)
    # A statement of its own after the lock: it sees what others committed while we waited.
    return number_tickets(seats=seats, taken=await counted_tickets(tx, people))


def _seat(index: int, line: Line, offer: Offer, personal: PersonalData) -> PersonSeat | None:
    pesel, tickets_max = line.attendee.pesel, offer.tickets_per_person_max
    if pesel is None or tickets_max is None:
        return None
    person = personal.person_fingerprint(pesel, event_id=line.event_id)
    return PersonSeat(person=person, tickets_max=tickets_max, field=f"attendees.{index}.pesel")
