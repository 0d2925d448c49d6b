"""What the bench does to the database itself: seats free again between measurements, a few all the time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.plan import HOT_PAIRS

_OWN_TABLES = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.outbox (LIKE reservation.outbox INCLUDING ALL);
"""
_FORGET_HOLDS = "TRUNCATE reservation.holds, reservation.availability_marks, reservation.outbox, bench.outbox"
_FREE_SEATS = """
UPDATE reservation.seats
   SET state = 'available', hold_id = NULL, expires_at = NULL
 WHERE state = 'held'
"""
_FREE_HOT_SEATS = _FREE_SEATS + "AND event_id = %(event_id)s AND position < %(seats)s"
_REOPEN_EVERY_S = 0.25


def prepare(admin_url: str) -> None:
    """Make the tables that only the bench has."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(_OWN_TABLES)


def reset(admin_url: str) -> None:
    """As before the first hold: no holds, every seat free, no dead rows, and the WAL of that on disk."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(_FORGET_HOLDS)
        connection.execute(_FREE_SEATS)
        connection.execute("VACUUM (ANALYZE) reservation.seats")
        connection.execute("CHECKPOINT")


@contextmanager
def hot_seats_reopening(admin_url: str, *, event_id: str) -> Iterator[None]:
    """Give the hot pairs back four times a second, as if released, so that the contest for them goes on.

    One UPDATE of at most 600 rows each time; pgbench's rung has it too.
    """
    done = threading.Event()
    reopening = threading.Thread(target=_reopen_until, args=(done, admin_url, event_id))
    reopening.start()
    try:
        yield
    finally:
        done.set()
        reopening.join()


def _reopen_until(done: threading.Event, admin_url: str, event_id: str) -> None:
    which = {"event_id": event_id, "seats": 2 * HOT_PAIRS}
    with psycopg.connect(admin_url, autocommit=True) as connection:
        while not done.wait(_REOPEN_EVERY_S):
            connection.execute(_FREE_HOT_SEATS, which)
