"""Ending holds nobody asked to end, in batches: the expired, and those of cancelled events.

Any number of replicas sweep at once: rows another transaction is busy with are skipped, so the
sweeper waits for nobody. A hold is ended only with the locks of all seats that still carry it, so
none is left behind claimed by a hold that is over.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from reservation.domain.holds import HoldState
from reservation.metrics import holds_ended

_END_BATCH = """
WITH due AS MATERIALIZED (
  {due} LIMIT :batch_max
),
carried AS MATERIALIZED (
  SELECT s.event_id, s.seat_id, d.hold_id
  FROM (SELECT hold_id, event_id, unnest(seat_ids) AS seat_id FROM due) d
  JOIN reservation.seats s ON s.event_id = d.event_id AND s.seat_id = d.seat_id
  WHERE s.hold_id = d.hold_id AND s.state = 'held'
),
locked AS MATERIALIZED (
  SELECT s.event_id, s.seat_id, s.hold_id
  FROM carried c
  JOIN reservation.seats s ON s.event_id = c.event_id AND s.seat_id = c.seat_id
  WHERE s.hold_id = c.hold_id AND s.state = 'held'
  ORDER BY s.event_id, s.seat_id
  FOR NO KEY UPDATE OF s SKIP LOCKED
),
complete AS MATERIALIZED (
  SELECT hold_id FROM due
  EXCEPT
  SELECT hold_id FROM (
    SELECT hold_id, seat_id FROM carried EXCEPT SELECT hold_id, seat_id FROM locked) missing
),
ripe AS MATERIALIZED (
  SELECT h.hold_id, h.event_id, h.expires_at
  FROM reservation.holds h
  WHERE h.hold_id IN (SELECT hold_id FROM complete) AND h.state = 'active' {still}
  ORDER BY h.hold_id
  FOR NO KEY UPDATE SKIP LOCKED
),
freed AS (
  UPDATE reservation.seats s
  SET state = 'available', hold_id = NULL, expires_at = NULL
  FROM locked l
  JOIN ripe r ON r.hold_id = l.hold_id
  WHERE s.event_id = l.event_id AND s.seat_id = l.seat_id
),
ended AS (
  UPDATE reservation.holds h SET state = '{state}', counted_as = NULL FROM ripe r WHERE h.hold_id = r.hold_id
),
marked AS (
  INSERT INTO reservation.availability_marks (event_id) SELECT DISTINCT event_id FROM ripe
)
SELECT hold_id, event_id, expires_at FROM ripe
"""

# The clock is volatile: only when read once, in a subquery, can it bound a search of the index.
EXPIRE_BATCH = text(
    _END_BATCH.format(
        due="""SELECT hold_id, event_id, seat_ids FROM reservation.holds
  WHERE state = 'active' AND expires_at <= (SELECT clock_timestamp()) ORDER BY expires_at""",
        still="AND h.expires_at <= clock_timestamp()",
        state=HoldState.EXPIRED.value,
    )
)
# Nothing can be held after a cancellation, so its holds are soon released. The job need not look at
# every event ever cancelled: what it left undone for a day, the sweeper ends at its expiry.
RELEASE_CANCELLED_BATCH = text(
    _END_BATCH.format(
        due="""SELECT h.hold_id, h.event_id, h.seat_ids FROM reservation.events e
  JOIN reservation.holds h ON h.event_id = e.event_id
  WHERE e.status = 'cancelled' AND e.cancelled_at > (SELECT clock_timestamp() - interval '1 day')
    AND h.state = 'active'""",
        still="",
        state=HoldState.RELEASED.value,
    )
)


@dataclass(frozen=True, slots=True)
class EndedHold:
    hold_id: UUID
    event_id: UUID
    expires_at: datetime


async def expire_batch(tx: Transaction, *, batch_max: int) -> list[EndedHold]:
    """End up to `batch_max` holds whose time is over, those longest over first."""
    return await _end_batch(tx, EXPIRE_BATCH, HoldState.EXPIRED, batch_max=batch_max)


async def release_cancelled_batch(tx: Transaction, *, batch_max: int) -> list[EndedHold]:
    """End up to `batch_max` active holds of events cancelled in the last day."""
    return await _end_batch(tx, RELEASE_CANCELLED_BATCH, HoldState.RELEASED, batch_max=batch_max)


async def _end_batch(tx: Transaction, statement: Any, state: HoldState, *, batch_max: int) -> list[EndedHold]:
    rows = (await tx.execute(statement, {"batch_max": batch_max})).all()
    holds_ended(tx, state=state, number=len(rows))
    return [EndedHold(row.hold_id, row.event_id, row.expires_at) for row in rows]
