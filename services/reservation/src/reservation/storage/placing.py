"""The hot statement: a batch of holds placed in one round trip and one commit.

What it takes in: one row a request, and one row a wanted seat, as arrays. How it decides, for all
requests at once (n is the order of arrival):

- open_event: the event, locked FOR KEY SHARE, if its sale is on by the database's clock;
- judged: an earlier hold with the same Idempotency-Key; the turn of whoever the hold is counted as (a
  buyer, or the guests behind one address: an advisory lock for that and the event, tried, never waited
  for) and, holding it, the count of their active holds by `active_holds`, a VOLATILE function so that
  it counts with a snapshot taken after the lock;
- wanted: the seats of requests still eligible; of two requests for a seat the earlier is first;
- locked: those seats' rows in the global order, SKIP LOCKED, with whether each is free *now*
  (the row lock re-reads the row, so a claim committed since the snapshot is seen);
- decided: how many wanted seats are locked, free and first, and which were taken;
- placed: the hold rows of requests that got every seat, in key order so that two batches cannot
  deadlock on the unique index; a key committed meanwhile inserts nothing, and the request is
  tried again and finds the replay;
- claimed: the seats of holds that were really placed. Holds taken over here stay `active` until
  the sweeper; they can do nothing more, because every use of a hold checks its seats' rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Database, Snapshot


class Verdict(StrEnum):
    GRANTED = "granted"
    REPLAY = "replay"  # the same request was granted before
    KEY_REUSED = "key_reused"  # another request was granted under this key
    CLOSED = "closed"  # the event is unknown, cancelled, or not in its sales period
    LIMIT = "limit"  # whoever it is counted as has as many active holds as allowed
    TAKEN = "taken"  # some seats are not free
    CONTENDED = "contended"  # undecided: another transaction or an earlier request was in the way


@dataclass(frozen=True, slots=True)
class Placement:
    """A hold to place; every seat is known to be of the event's plan.

    Granted while `counted_as` has fewer than `active_holds_max` active holds for the event.
    """

    hold_id: UUID
    event_id: UUID
    buyer_id: str
    idempotency_key: str
    request_fingerprint: bytes
    counted_as: str
    active_holds_max: int
    seat_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """A hold as it was first granted."""

    hold_id: UUID
    seat_ids: tuple[str, ...]
    placed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """`grant` with GRANTED and REPLAY; `taken` are the seats that were not free, as far as known."""

    verdict: Verdict
    grant: Grant | None = None
    taken: tuple[str, ...] = ()


def _one_line(statement: str) -> bytes:
    """Without indentation: a statement of more than 4,096 characters psycopg parses at every execution."""
    return " ".join(statement.split()).encode()


PLACE_HOLDS = _one_line("""
WITH request AS MATERIALIZED (
  SELECT * FROM unnest(%(n)s::int[], %(hold_id)s::uuid[], %(event_id)s::uuid[], %(buyer_id)s::text[],
                       %(idempotency_key)s::text[], %(request_fingerprint)s::bytea[],
                       %(counted_as)s::text[], %(active_holds_max)s::int[], %(seats)s::int[])
    AS r (n, hold_id, event_id, buyer_id, idempotency_key, request_fingerprint, counted_as, active_holds_max,
          seats)
),
open_event AS MATERIALIZED (
  SELECT e.event_id
  FROM reservation.events e
  WHERE e.event_id = ANY (%(event_id)s::uuid[]) AND e.status = 'on_sale'
    AND e.sales_start_at <= clock_timestamp() AND clock_timestamp() < e.sales_end_at
  ORDER BY e.event_id
  FOR KEY SHARE
),
judged AS MATERIALIZED (
  SELECT r.*, o.event_id IS NOT NULL AS is_open,
    earlier.hold_id AS earlier_hold_id, earlier.placed_at, earlier.first_expires_at, earlier.seat_ids,
    earlier.request_fingerprint = r.request_fingerprint AS is_same,
    row_number() OVER (PARTITION BY r.counted_as, r.event_id ORDER BY r.n) - 1 AS ahead,
    row_number() OVER (PARTITION BY r.buyer_id, r.idempotency_key ORDER BY r.n) AS turn,
    CASE WHEN earlier.hold_id IS NULL AND o.event_id IS NOT NULL
           AND pg_try_advisory_xact_lock(hashtextextended(r.counted_as || r.event_id, 0))
         THEN reservation.active_holds(r.event_id, r.counted_as) END AS active
  FROM request r
  LEFT JOIN open_event o ON o.event_id = r.event_id
  LEFT JOIN LATERAL (
    SELECT h.hold_id, h.placed_at, h.first_expires_at, h.seat_ids, h.request_fingerprint
    FROM reservation.holds h
    WHERE h.buyer_id = r.buyer_id AND h.idempotency_key = r.idempotency_key
    LIMIT 1
  ) earlier ON true
),
wanted AS MATERIALIZED (
  SELECT j.n, j.event_id, w.seat_id,
    row_number() OVER (PARTITION BY j.event_id, w.seat_id ORDER BY j.n) = 1 AS is_first
  FROM unnest(%(seat_n)s::int[], %(seat_id)s::text[]) AS w (n, seat_id)
  JOIN judged j ON j.n = w.n
  WHERE j.active + j.ahead < j.active_holds_max AND j.turn = 1
),
locked AS MATERIALIZED (
  SELECT w.n, w.is_first, s.seat_id,
    s.state = 'available' OR (s.state = 'held' AND s.expires_at <= clock_timestamp()) AS is_free
  FROM wanted w
  JOIN reservation.seats s ON s.event_id = w.event_id AND s.seat_id = w.seat_id
  ORDER BY s.event_id, s.seat_id
  FOR NO KEY UPDATE OF s SKIP LOCKED
),
decided AS MATERIALIZED (
  SELECT l.n,
    count(*) FILTER (WHERE l.is_free AND l.is_first) AS free_seats,
    array_agg(l.seat_id ORDER BY l.seat_id) AS seat_ids,
    array_agg(l.seat_id ORDER BY l.seat_id) FILTER (WHERE NOT l.is_free) AS taken
  FROM locked l
  GROUP BY l.n
),
placed AS (
  INSERT INTO reservation.holds (hold_id, event_id, buyer_id, idempotency_key, request_fingerprint, seat_ids,
                                 counted_as, placed_at, first_expires_at, expires_at)
  SELECT j.hold_id, j.event_id, j.buyer_id, j.idempotency_key, j.request_fingerprint, d.seat_ids,
    j.counted_as, moment.at, moment.at + %(duration)s::interval, moment.at + %(duration)s::interval
  FROM decided d
  JOIN judged j ON j.n = d.n
  CROSS JOIN (SELECT clock_timestamp() AS at OFFSET 0) moment
  WHERE d.free_seats = j.seats
  ORDER BY j.buyer_id, j.idempotency_key
  ON CONFLICT DO NOTHING
  RETURNING hold_id, event_id, seat_ids, placed_at, expires_at
),
claimed AS (
  UPDATE reservation.seats s
  SET state = 'held', hold_id = c.hold_id, expires_at = c.expires_at
  FROM (SELECT p.event_id, unnest(p.seat_ids) AS seat_id, p.hold_id, p.expires_at FROM placed p) c
  WHERE s.event_id = c.event_id AND s.seat_id = c.seat_id
),
marked AS (
  INSERT INTO reservation.availability_marks (event_id) SELECT DISTINCT event_id FROM placed
)
SELECT
  CASE
    WHEN j.is_same THEN 'replay'
    WHEN NOT j.is_same THEN 'key_reused'
    WHEN NOT j.is_open THEN 'closed'
    WHEN p.hold_id IS NOT NULL THEN 'granted'
    WHEN j.active >= j.active_holds_max THEN 'limit'
    WHEN d.taken IS NOT NULL THEN 'taken'
    ELSE 'contended'
  END,
  coalesce(p.hold_id, j.earlier_hold_id),
  coalesce(p.seat_ids, j.seat_ids),
  coalesce(p.placed_at, j.placed_at),
  coalesce(p.expires_at, j.first_expires_at),
  d.taken
FROM judged j
LEFT JOIN decided d ON d.n = j.n
LEFT JOIN placed p ON p.hold_id = j.hold_id
ORDER BY j.n
""")


async def place_holds(db: Database, placements: Sequence[Placement], *, duration_s: int) -> list[Decision]:
    """Decide and commit a batch; one Decision a placement, in order."""
    parameters = parameters_of(placements, duration_s=duration_s)
    async with db.raw() as connection:
        cursor = await connection.execute(PLACE_HOLDS, parameters, prepare=True)
        rows = await cursor.fetchall()
    return [_decision(*row) for row in rows]


FIND_DECISION = text(
    """
    SELECT hold_id, placed_at, first_expires_at, seat_ids, request_fingerprint FROM reservation.holds
    WHERE buyer_id = :buyer_id AND idempotency_key = :idempotency_key
    """
)


async def find_decision(
    connection: Snapshot, *, buyer_id: str, idempotency_key: str, fingerprint: bytes
) -> Decision | None:
    """REPLAY or KEY_REUSED for a key that was granted a hold, None for any other."""
    values = {"buyer_id": buyer_id, "idempotency_key": idempotency_key}
    row = (await connection.execute(FIND_DECISION, values)).one_or_none()
    if row is None:
        return None
    if row.request_fingerprint != fingerprint:
        return Decision(Verdict.KEY_REUSED)
    return _decision(Verdict.REPLAY, row.hold_id, row.seat_ids, row.placed_at, row.first_expires_at, None)


def _decision(
    verdict: str,
    hold_id: UUID,
    seat_ids: list[str],
    placed_at: datetime,
    expires_at: datetime,
    taken: list[str] | None,
) -> Decision:
    if verdict in (Verdict.GRANTED, Verdict.REPLAY):
        return Decision(Verdict(verdict), Grant(hold_id, tuple(seat_ids), placed_at, expires_at))
    return Decision(Verdict(verdict), taken=tuple(taken or ()))


def parameters_of(placements: Sequence[Placement], *, duration_s: int) -> dict[str, Any]:
    """What PLACE_HOLDS is executed with."""
    return {
        "duration": timedelta(seconds=duration_s),
        "n": list(range(len(placements))),
        "hold_id": [p.hold_id for p in placements],
        "event_id": [p.event_id for p in placements],
        "buyer_id": [p.buyer_id for p in placements],
        "idempotency_key": [p.idempotency_key for p in placements],
        "request_fingerprint": [p.request_fingerprint for p in placements],
        "counted_as": [p.counted_as for p in placements],
        "active_holds_max": [p.active_holds_max for p in placements],
        "seats": [len(p.seat_ids) for p in placements],
        "seat_n": [n for n, p in enumerate(placements) for _ in p.seat_ids],
        "seat_id": [seat_id for p in placements for seat_id in p.seat_ids],
    }
