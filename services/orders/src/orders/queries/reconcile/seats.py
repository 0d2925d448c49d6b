"""Compares valid tickets with the seats reservation has sold, for events that are not over yet.

The two are not read at one moment. Therefore what differs is looked up here once more afterwards: whatever
has moved meanwhile is no difference. A seat is sold before its ticket is issued, and released after its
ticket is voided, so only a seat of a ticket voided within `settle_s` may be under way besides.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis.database import Database
from orders.clients.sold_seats import SoldSeat, SoldSeats
from orders.domain.findings import Finding, FindingKind, Report
from orders.queries.reconcile.reading import in_pieces, read
from orders.queries.reconcile.terms import BEFORE_ALL_IDS, Terms

EVENTS_AT_ONCE = 50
TICKETS_AT_ONCE = 50_000
"""Of so many events are the tickets compared at once; a single event may have more."""

_EVENTS = text("""
SELECT event_id,
       (SELECT count(*) FROM orders.tickets AS ticket
        WHERE ticket.event_id = offer.event_id AND state = 'valid') AS tickets
FROM orders.offers AS offer
WHERE event_id > :after AND coalesce(ends_at, 'infinity') > :now
ORDER BY event_id
LIMIT :events_max
""")

_VALID_TICKETS = text("""
SELECT event_id, seat_id, order_id FROM orders.tickets
WHERE event_id = ANY(CAST(:event_ids AS uuid[])) AND state = 'valid'
""")

_SEATS = """
unnest(CAST(:event_ids AS uuid[]), CAST(:seat_ids AS text[]), CAST(:order_ids AS uuid[]))
    AS seat (event_id, seat_id, order_id)
"""

_STILL_VALID = text(f"""
SELECT event_id, seat_id, order_id, 'sold to this order' AS expected, 'not' AS found
FROM {_SEATS}
JOIN orders.tickets USING (event_id, seat_id, order_id)
WHERE state = 'valid'
ORDER BY event_id, seat_id
""")  # noqa: S608 -- our own text

# An order that waits for reservation's answer is under way; one that waits for long is found elsewhere.
_STILL_WITHOUT_TICKET = text(f"""
SELECT seat.event_id, seat.seat_id, seat.order_id, 'a valid ticket' AS expected,
       CASE WHEN placed.order_id IS NULL THEN 'no such order'
            WHEN ticket_id IS NULL THEN format('none, the order is %s', placed.state)
            ELSE format('a %s one, the order is %s', ticket.state, placed.state) END AS found
FROM {_SEATS}
LEFT JOIN orders.orders AS placed USING (order_id)
LEFT JOIN orders.tickets AS ticket USING (event_id, seat_id, order_id)
WHERE ticket.state IS DISTINCT FROM 'valid'
  AND coalesce(placed.state NOT IN ('finalizing', 'cancelling'), true)
  AND coalesce(ticket.voided_at <= :settled_before, true)
ORDER BY seat.event_id, seat.seat_id
""")  # noqa: S608 -- our own text

Seat = tuple[UUID, str, UUID]
"""Event, seat and the order it belongs to."""


_LOOK_UPS: Mapping[FindingKind, TextClause] = {
    FindingKind.TICKET_WITHOUT_SOLD_SEAT: _STILL_VALID,
    FindingKind.SOLD_SEAT_WITHOUT_TICKET: _STILL_WITHOUT_TICKET,
}


async def compare_seats(db: Database, *, sold_seats: SoldSeats, terms: Terms, report: Report) -> None:
    """Compare event by event, some at a time. Raises ServiceUnavailable when reservation is away."""
    async for event_ids in _events(db, terms):
        rows = await read(db, _VALID_TICKETS, event_ids=event_ids)
        tickets = {(row.event_id, row.seat_id, row.order_id) for row in rows}
        unmatched = await _sold_without(tickets, sold_seats.of_events(event_ids))
        await _look_up(db, FindingKind.TICKET_WITHOUT_SOLD_SEAT, tickets, terms, report)
        await _look_up(db, FindingKind.SOLD_SEAT_WITHOUT_TICKET, unmatched, terms, report)
        report.compared["events"] += len(event_ids)


async def _events(db: Database, terms: Terms) -> AsyncIterator[list[UUID]]:
    """All events not over yet, so many at a time as have a bounded number of tickets."""
    after = BEFORE_ALL_IDS
    while page := await read(db, _EVENTS, after=after, now=terms.now, events_max=EVENTS_AT_ONCE):
        after, tickets = page[-1].event_id, 0
        together = list[UUID]()
        for event in page:
            if together and tickets + event.tickets > TICKETS_AT_ONCE:
                yield together
                together, tickets = [], 0
            together.append(event.event_id)
            tickets += event.tickets
        yield together


async def _sold_without(tickets: set[Seat], sold: AsyncIterator[SoldSeat]) -> list[Seat]:
    """The sold seats that have no ticket; takes those that have out of `tickets`."""
    unmatched = list[Seat]()
    async for item in sold:
        seat = (item.event_id, item.seat_id, item.order_id)
        if seat in tickets:
            tickets.remove(seat)
        else:
            unmatched.append(seat)
    return unmatched


async def _look_up(
    db: Database, kind: FindingKind, seats: Collection[Seat], terms: Terms, report: Report
) -> None:
    for piece in in_pieces(sorted(seats)):
        event_ids, seat_ids, order_ids = zip(*piece, strict=True)
        rows = await read(
            db,
            _LOOK_UPS[kind],
            event_ids=list(event_ids),
            seat_ids=list(seat_ids),
            order_ids=list(order_ids),
            settled_before=terms.settled_before,
        )
        report.add(Finding(kind=kind, **row._asdict()) for row in rows)
