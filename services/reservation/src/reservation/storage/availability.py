"""Counts and status strings of whole events, and the marks that say which counts are stale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Database, Snapshot, Transaction

MARKED_EVENTS = text("SELECT DISTINCT event_id FROM reservation.availability_marks")
# One mark a batch of holds can mean thousands of one event; they are counted once.
CLAIM_MARKS = text(
    """
    WITH claimed AS (
      DELETE FROM reservation.availability_marks
      WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM reservation.availability_marks WHERE event_id = ANY (:event_ids)
        LIMIT :marks_max FOR UPDATE SKIP LOCKED))
      RETURNING event_id
    )
    SELECT DISTINCT event_id FROM claimed
    """
)
# A statement of its own before the count: the row lock makes replicas take turns, and the count's
# snapshot is taken after the lock, so a higher version is never an older count.
RAISE_VERSIONS = text(
    """
    UPDATE reservation.events e SET availability_version = availability_version + 1
    FROM (SELECT event_id FROM reservation.events WHERE event_id = ANY (:event_ids)
          ORDER BY event_id FOR NO KEY UPDATE) locked
    WHERE e.event_id = locked.event_id AND e.seating_plan_id IS NOT NULL
    RETURNING e.event_id, e.availability_version
    """
)
COUNT_SEATS = text(
    """
    SELECT s.event_id, s.price_category, statement_timestamp() AS counted_at, count(*) AS total,
      count(*) FILTER (
        WHERE e.status = 'on_sale'
          AND (s.state = 'available' OR (s.state = 'held' AND s.expires_at <= clock_timestamp()))
      ) AS available,
      count(*) FILTER (WHERE s.state = 'sold') AS sold,
      count(*) FILTER (WHERE s.state = 'blocked') AS blocked
    FROM reservation.events e
    JOIN reservation.seats s ON s.event_id = e.event_id
    WHERE e.event_id = ANY (:event_ids)
    GROUP BY s.event_id, s.price_category
    ORDER BY s.event_id, min(s.position)
    """
)


@dataclass(frozen=True, slots=True)
class CategoryCount:
    price_category: str
    available: int
    sold: int
    blocked: int
    total: int


@dataclass(frozen=True, slots=True)
class EventCount:
    """The counts of an event's price categories, in plan order."""

    counted_at: datetime
    categories: list[CategoryCount]


async def marked_events(connection: Snapshot) -> list[UUID]:
    """The events whose counts are stale."""
    return list((await connection.execute(MARKED_EVENTS)).scalars())


async def claim_marks(tx: Transaction, *, event_ids: Sequence[UUID], marks_max: int) -> list[UUID]:
    """Take up to `marks_max` marks of these events; the events they name, without those others took."""
    values = {"event_ids": list(event_ids), "marks_max": marks_max}
    return list((await tx.execute(CLAIM_MARKS, values)).scalars())


async def raise_versions(tx: Transaction, *, event_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The new availability version of each event; tombstones have none."""
    rows = await tx.execute(RAISE_VERSIONS, {"event_ids": list(event_ids)})
    return {row.event_id: row.availability_version for row in rows}


async def count_seats(tx: Transaction, *, event_ids: Sequence[UUID]) -> dict[UUID, EventCount]:
    """Seats free and in all, by event and price category."""
    counts: dict[UUID, EventCount] = {}
    for row in await tx.execute(COUNT_SEATS, {"event_ids": list(event_ids)}):
        count = counts.setdefault(row.event_id, EventCount(row.counted_at, []))
        count.categories.append(
            CategoryCount(row.price_category, row.available, row.sold, row.blocked, row.total)
        )
    return counts


# Only after `raise_versions`, whose lock makes sure that no older count comes later.
KEEP_COUNTS = text(
    """
    INSERT INTO reservation.seat_counts (event_id, free, held, sold, blocked, counted_at)
    VALUES (:event_id, :free, :held, :sold, :blocked, :counted_at)
    ON CONFLICT (event_id) DO UPDATE
    SET free = excluded.free, held = excluded.held, sold = excluded.sold, blocked = excluded.blocked,
      counted_at = excluded.counted_at
    """
)


async def keep_counts(tx: Transaction, counts: Mapping[UUID, EventCount]) -> None:
    """Remember what was counted. What is neither free, sold nor blocked is held."""
    rows = [
        {
            "event_id": event_id,
            "free": (free := sum(category.available for category in count.categories)),
            "sold": (sold := sum(category.sold for category in count.categories)),
            "blocked": (blocked := sum(category.blocked for category in count.categories)),
            "held": sum(category.total for category in count.categories) - free - sold - blocked,
            "counted_at": count.counted_at,
        }
        for event_id, count in counts.items()
    ]
    if rows:
        await tx.execute(KEEP_COUNTS, rows)


# `a` free, `h` held, `s` sold, `b` blocked, by position, of event `e`. One moment for every seat.
STATUS_OF_SEATS = """(
  SELECT string_agg(
    CASE
      WHEN s.state = 'available' OR (s.state = 'held' AND s.expires_at <= statement_timestamp()) THEN 'a'
      WHEN s.state = 'held' THEN 'h'
      WHEN s.state = 'sold' THEN 's'
      ELSE 'b'
    END, '' ORDER BY s.position)
  FROM reservation.seats s WHERE s.event_id = e.event_id)"""
READ_STATUS = f"""
SELECT e.status = 'on_sale', e.availability_version, statement_timestamp(), {STATUS_OF_SEATS}
FROM reservation.events e
WHERE e.event_id = %s AND e.seating_plan_id IS NOT NULL
"""  # noqa: S608 -- our own text


@dataclass(frozen=True, slots=True)
class EventStatus:
    """Every seat's status at `as_of`; `version` is that of the last counts published before."""

    is_on_sale: bool
    version: int
    as_of: datetime
    seats: bytes


async def read_status(db: Database, *, event_id: UUID) -> EventStatus | None:
    """None for an event that was never published here."""
    async with db.raw() as connection:
        row = await (await connection.execute(READ_STATUS, [event_id])).fetchone()
    return None if row is None else EventStatus(row[0], row[1], row[2], (row[3] or "").encode("ascii"))
