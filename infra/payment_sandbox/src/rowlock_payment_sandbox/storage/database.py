"""The SQLite file: its tables, transactions, and how times are written.

One connection, used from the event loop's thread alone and never across an `await`: what a transaction
reads and writes happens at one instant for everybody else.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS payments (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'processing', 'captured', 'expired')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    merchant_reference TEXT NOT NULL,
    description TEXT NOT NULL,
    return_url TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    declined INTEGER NOT NULL DEFAULT 0,
    card TEXT,
    capture_at TEXT CHECK (capture_at IS NULL OR state = 'processing')
);
CREATE INDEX IF NOT EXISTS payments_of_merchant ON payments (merchant_reference);
CREATE INDEX IF NOT EXISTS payments_since ON payments (created_at);
CREATE INDEX IF NOT EXISTS payments_to_expire ON payments (expires_at) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS payments_to_capture ON payments (capture_at) WHERE capture_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS captures (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    capture_id TEXT NOT NULL UNIQUE,
    payment_id TEXT NOT NULL REFERENCES payments (payment_id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    captured_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS captures_of_payment ON captures (payment_id);
CREATE TABLE IF NOT EXISTS refunds (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    refund_id TEXT NOT NULL UNIQUE,
    capture_id TEXT NOT NULL REFERENCES captures (capture_id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    merchant_reference TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
    created_at TEXT NOT NULL,
    failure_reason TEXT,
    settles_at TEXT CHECK (settles_at IS NULL OR state = 'pending')
);
CREATE INDEX IF NOT EXISTS refunds_of_capture ON refunds (capture_id);
CREATE INDEX IF NOT EXISTS refunds_to_settle ON refunds (settles_at) WHERE settles_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS notices (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    notice_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    next_attempt_at TEXT,
    copies INTEGER NOT NULL CHECK (copies > 0),
    held INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    delivered_at TEXT,
    last_answer TEXT
);
CREATE INDEX IF NOT EXISTS notices_about ON notices (about);
CREATE INDEX IF NOT EXISTS notices_to_send ON notices (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at TEXT NOT NULL
);
"""


def open_database(file: Path) -> sqlite3.Connection:
    """The database in `file`, made where it is missing. A commit survives the end of the process."""
    db = sqlite3.connect(file, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")
    db.executescript(TABLES)
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of the block or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def text(moment: datetime) -> str:
    """A time as it is stored: in UTC and of one length, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def text_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else text(moment)


def moment(stored: str) -> datetime:
    return datetime.fromisoformat(stored)


def moment_or_none(stored: str | None) -> datetime | None:
    return None if stored is None else moment(stored)
