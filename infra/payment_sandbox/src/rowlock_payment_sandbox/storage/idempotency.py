"""Answers kept under the keys of the requests they answered, for good."""

from datetime import datetime
from sqlite3 import Connection
from typing import NamedTuple

from rowlock_payment_sandbox.storage.database import text


class Kept(NamedTuple):
    """`fingerprint` is of the request, `answer` the JSON it was answered with."""

    fingerprint: str
    answer: str


def find_answer(db: Connection, key: str) -> Kept | None:
    row = db.execute("SELECT fingerprint, answer FROM idempotency_keys WHERE key = ?", (key,)).fetchone()
    return Kept(row["fingerprint"], row["answer"]) if row else None


def keep_answer(db: Connection, key: str, kept: Kept, *, now: datetime) -> None:
    db.execute(
        "INSERT INTO idempotency_keys (key, fingerprint, answer, created_at) VALUES (?, ?, ?, ?)",
        (key, kept.fingerprint, kept.answer, text(now)),
    )
