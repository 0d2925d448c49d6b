"""When each step of each saga happened, noted by triggers that only the bench has.

A history's own times are the process's clock before its transaction's work. These are the database's, at
the commit: deferred triggers run when everything else of the transaction is done. When money was captured
is what the payment sandbox wrote down. All of them read the one clock of the machine.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bench.pgbench import percentile

_WATCHED = ("orders", "reservation")
_TABLES = """
CREATE SCHEMA IF NOT EXISTS bench;
DROP TABLE IF EXISTS bench.committed, bench.left;
CREATE UNLOGGED TABLE bench.committed (message_id uuid, message_type text, order_id uuid, at timestamptz);
CREATE UNLOGGED TABLE bench.left (message_id uuid, at timestamptz);
CREATE OR REPLACE FUNCTION bench.note_committed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bench.committed
    VALUES (NEW.message_id, NEW.message_type, NEW.aggregate_id, clock_timestamp());
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION bench.note_left() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bench.left VALUES (OLD.message_id, clock_timestamp());
    RETURN NULL;
END $$;
"""
_TRIGGERS = """
CREATE CONSTRAINT TRIGGER bench_committed AFTER INSERT ON {schema}.outbox
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bench.note_committed();
CREATE TRIGGER bench_left AFTER DELETE ON {schema}.outbox FOR EACH ROW EXECUTE FUNCTION bench.note_left();
"""
_FORGET = """
DROP TRIGGER IF EXISTS bench_committed ON {schema}.outbox;
DROP TRIGGER IF EXISTS bench_left ON {schema}.outbox;
"""
_CONFIRMED = "SELECT count(*) FROM bench.committed WHERE message_type = 'orders.order_confirmed.v1'"
_STEPS = """
SELECT payment.reference,
       extract(epoch FROM notice.received_at)::float8 AS told,
       extract(epoch FROM asked.at)::float8 AS taken_in,
       extract(epoch FROM asked_left.at)::float8 AS asked,
       extract(epoch FROM selling.handled_at)::float8 AS selling,
       extract(epoch FROM sold.at)::float8 AS sold,
       extract(epoch FROM sold_left.at)::float8 AS answered,
       extract(epoch FROM confirming.handled_at)::float8 AS confirming,
       extract(epoch FROM confirmed.at)::float8 AS confirmed
  FROM bench.committed asked
  JOIN bench.left asked_left ON asked_left.message_id = asked.message_id
  JOIN reservation.inbox selling ON selling.message_id = asked.message_id
  JOIN bench.committed sold
    ON sold.order_id = asked.order_id AND sold.message_type = 'reservation.holds_confirmed.v1'
  JOIN bench.left sold_left ON sold_left.message_id = sold.message_id
  JOIN orders.inbox confirming ON confirming.message_id = sold.message_id
  JOIN bench.committed confirmed
    ON confirmed.order_id = asked.order_id AND confirmed.message_type = 'orders.order_confirmed.v1'
  JOIN orders.payments payment ON payment.order_id = asked.order_id
  JOIN orders.payment_notices notice ON notice.payment_id = payment.payment_id
 WHERE asked.message_type = 'reservation.confirm_holds.v1'
"""
HOPS = {
    "captured_to_confirmed": ("captured", "confirmed"),
    "notice_on_its_way": ("captured", "told"),
    "orders_takes_it_in": ("told", "taken_in"),
    "question_on_its_way": ("taken_in", "selling"),
    "reservation_sells": ("selling", "sold"),
    "answer_on_its_way": ("sold", "confirming"),
    "orders_confirms": ("confirming", "confirmed"),
    "taken_in_to_confirmed": ("taken_in", "confirmed"),
    "question_out_of_the_outbox": ("taken_in", "asked"),
    "answer_out_of_the_outbox": ("sold", "answered"),
}
"""Each figure by the two steps it lies between. From `notice_on_its_way` to `orders_confirms` they add up
to the first for each order (not their percentiles).
"""


def watch(admin_url: str) -> None:
    """Begin to note, with nothing noted yet."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for schema in _WATCHED:
            connection.execute(_FORGET.format(schema=schema).encode())
        connection.execute(_TABLES.encode())
        for schema in _WATCHED:
            connection.execute(_TRIGGERS.format(schema=schema).encode())


def confirmed(admin_url: str) -> int:
    """How many orders were confirmed since."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        row = connection.execute(_CONFIRMED).fetchone()
        return row[0] if row else 0


def figures(admin_url: str, *, sandbox: Path) -> dict[str, dict[str, float]]:
    """Percentiles of each hop in milliseconds, over all orders that were confirmed; `sandbox` is the
    payment sandbox's database.
    """
    captured_at = _captures(sandbox)
    with psycopg.connect(admin_url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        found: list[dict[str, Any]] = cursor.execute(_STEPS).fetchall()
    steps = [row | {"captured": captured_at[row["reference"]]} for row in found]
    return {
        hop: _percentiles([1000 * (row[end] - row[begin]) for row in steps])
        for hop, (begin, end) in HOPS.items()
    }


def _captures(sandbox: Path) -> dict[str, float]:
    """When each payment was captured, in seconds since 1970, by the name the sandbox gave it."""
    with closing(sqlite3.connect(f"file:{sandbox}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT payment_id, captured_at FROM captures").fetchall()
    return {payment_id: datetime.fromisoformat(at).timestamp() for payment_id, at in rows}


def _percentiles(latencies_ms: list[float]) -> dict[str, float]:
    ordered = sorted(latencies_ms)
    return {f"p{percent}_ms": round(percentile(ordered, percent), 1) for percent in (50, 90, 99)}
