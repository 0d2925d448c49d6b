"""The limit of tickets that one person may have of an event, across orders, guests and accounts.

A person is known by a fingerprint of event and PESEL. Each ticket that counts has a number, from 1 to
the limit, which no other ticket of the person has: the database cannot hold one too many.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from orders.domain.basket import Fault
from orders.domain.states import OrderState

COUNTED_STATES = frozenset({OrderState.AWAITING_PAYMENT, OrderState.FINALIZING, OrderState.CONFIRMED})
"""An order in any other state has no tickets, or has none any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonSeat:
    """A seat that counts: whose it is (a fingerprint), the limit, and what the request called it."""

    person: str
    tickets_max: int
    field: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonTicket:
    """A seat that was counted: it is the person's ticket `number` of at most `tickets_max`."""

    person: str
    number: int
    tickets_max: int


class PersonLimitReached(Exception):
    """Somebody would have more tickets of the event than one person may."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("an attendee would have more tickets of the event than one person may")


def number_tickets(
    *, seats: Sequence[PersonSeat], taken: Mapping[str, Collection[int]]
) -> list[PersonTicket]:
    """Count each seat as the person's next ticket; `taken` has those of the person's other tickets.

    Raises PersonLimitReached naming each seat for which there is none left.
    """
    used = {seat.person: set(taken.get(seat.person, ())) for seat in seats}
    tickets, faults = list[PersonTicket](), list[Fault]()
    for seat in seats:
        if len(used[seat.person]) >= seat.tickets_max:
            faults.append(Fault(field=seat.field, rule=_rule(seat.tickets_max)))
            continue
        number = min(set(range(1, seat.tickets_max + 1)) - used[seat.person])
        used[seat.person].add(number)
        tickets.append(PersonTicket(person=seat.person, number=number, tickets_max=seat.tickets_max))
    if faults:
        raise PersonLimitReached(faults)
    return tickets


def _rule(tickets_max: int) -> str:
    tickets = "one ticket" if tickets_max == 1 else f"{tickets_max} tickets"
    return f"one person may have {tickets} of this event, over all orders"
