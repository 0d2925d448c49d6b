"""Read-only answers: a hold, the blocked seats of an event, and the sold seats of several."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import select, text

from chassis.database import Snapshot
from reservation.domain.errors import EventNotOnSale, HoldNotFound
from reservation.storage.holds import StoredHold, find_holds
from reservation.storage.tables import events, seats


async def hold_by_id(connection: Snapshot, *, hold_id: UUID) -> StoredHold:
    """The hold and the database's time; raises HoldNotFound."""
    found = await find_holds(connection, hold_ids=[hold_id])
    if hold_id not in found:
        raise HoldNotFound(hold_id=hold_id)
    return found[hold_id]


@dataclass(frozen=True, slots=True)
class BlockedSeat:
    seat_id: str
    reason: str | None
    position: int


async def blocked_seats(
    connection: Snapshot,
    *,
    event_id: UUID,
    organization_ids: AbstractSet[UUID],
    after_position: int,
    limit: int,
) -> Sequence[BlockedSeat]:
    """In plan order, from behind `after_position`.

    Raises EventNotOnSale for an event never published, or by none of these organizations.
    """
    statement = (
        select(events.c.event_id, seats.c.seat_id, seats.c.blocked_reason, seats.c.position)
        .select_from(
            events.outerjoin(
                seats,
                (seats.c.event_id == events.c.event_id)
                & (seats.c.state == "blocked")
                & (seats.c.position > after_position),
            )
        )
        .where(
            events.c.event_id == event_id,
            events.c.organization_id.in_(organization_ids),
            events.c.seating_plan_id.is_not(None),
        )
        .order_by(seats.c.position)
        .limit(limit)
    )
    rows = (await connection.execute(statement)).all()
    if not rows:
        raise EventNotOnSale(event_id=event_id)
    return [
        BlockedSeat(row.seat_id, row.blocked_reason, row.position) for row in rows if row.seat_id is not None
    ]


SeatCursor: TypeAlias = tuple[UUID, int]
"""The event and the position of the last seat of a page."""

SOLD_SEATS = text(
    """
    SELECT event_id, seat_id, order_id, position FROM reservation.seats
    WHERE event_id = ANY (:event_ids) AND state = 'sold'
      AND (event_id, position) > (CAST(:after_event_id AS uuid), CAST(:after_position AS int))
    ORDER BY event_id, position
    LIMIT :limit
    """
)
BEFORE_ALL: SeatCursor = (UUID(int=0), -1)


@dataclass(frozen=True, slots=True)
class SoldSeat:
    event_id: UUID
    seat_id: str
    order_id: UUID
    position: int


async def sold_seats(
    connection: Snapshot, *, event_ids: Sequence[UUID], after: SeatCursor | None, limit: int
) -> Sequence[SoldSeat]:
    """At most `limit` sold seats of these events behind `after`, by event and in plan order."""
    event_id, position = after or BEFORE_ALL
    values = {"after_event_id": event_id, "after_position": position, "limit": limit}
    rows = await connection.execute(SOLD_SEATS, values | {"event_ids": list(event_ids)})
    return [SoldSeat(row.event_id, row.seat_id, row.order_id, row.position) for row in rows]


# Kept counts of events, thousands of rows at most; and the first entry of the sweeper's own index.
SEATS_AND_SWEEPER = text(
    """
    SELECT counted.*,
      (SELECT greatest(extract(epoch FROM clock_timestamp() - expires_at), 0)::float8
       FROM reservation.holds WHERE state = 'active' ORDER BY expires_at LIMIT 1) AS sweeper_lag_s
    FROM (
      SELECT coalesce(sum(c.free), 0) AS free, coalesce(sum(c.held), 0) AS held,
        coalesce(sum(c.sold), 0) AS sold, coalesce(sum(c.blocked), 0) AS blocked
      FROM reservation.seat_counts c
      JOIN reservation.events e ON e.event_id = c.event_id
      WHERE e.status = 'on_sale' AND e.sales_end_at > statement_timestamp()
    ) counted
    """
)


@dataclass(frozen=True, slots=True)
class SeatsAndSweeper:
    """Seats on sale by state, and for how long the hold that is longest over waits to be tidied up."""

    seats: dict[str, int]
    sweeper_lag_s: float


async def seats_and_sweeper(connection: Snapshot) -> SeatsAndSweeper:
    """What an operator watches; reads no seat."""
    row = (await connection.execute(SEATS_AND_SWEEPER)).one()
    counts = {"free": row.free, "held": row.held, "sold": row.sold, "blocked": row.blocked}
    return SeatsAndSweeper({state: int(seats) for state, seats in counts.items()}, row.sweeper_lag_s or 0.0)
