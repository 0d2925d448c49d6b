"""Payments and their captures."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Connection, Row

from rowlock_payment_sandbox.model import Capture, Payment, PaymentState
from rowlock_payment_sandbox.storage.database import moment, moment_or_none, text, text_or_none

DUE_MAX = 500
"""Payments given at once of those that are due: SQLite takes a limited number of values in a query."""


def insert_payment(db: Connection, payment: Payment) -> None:
    db.execute(
        """INSERT INTO payments (payment_id, state, amount_minor, currency, merchant_reference,
        description, return_url, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            payment.payment_id,
            payment.state,
            payment.amount_minor,
            payment.currency,
            payment.merchant_reference,
            payment.description,
            payment.return_url,
            text(payment.expires_at),
            text(payment.created_at),
        ),
    )


def save_progress(db: Connection, payment: Payment) -> None:
    """Store how far the payment got; what was asked of it never changes."""
    db.execute(
        "UPDATE payments SET state = ?, declined = ?, card = ?, capture_at = ? WHERE payment_id = ?",
        (
            payment.state,
            payment.declined,
            payment.card,
            text_or_none(payment.capture_at),
            payment.payment_id,
        ),
    )


def insert_capture(db: Connection, capture: Capture) -> None:
    db.execute(
        """INSERT INTO captures (capture_id, payment_id, amount_minor, currency, captured_at)
        VALUES (?, ?, ?, ?, ?)""",
        (
            capture.capture_id,
            capture.payment_id,
            capture.amount_minor,
            capture.currency,
            text(capture.captured_at),
        ),
    )


def find_payment(db: Connection, payment_id: str) -> Payment | None:
    rows = db.execute("SELECT * FROM payments WHERE payment_id = ?", (payment_id,)).fetchall()
    return next(iter(_payments(db, rows)), None)


def find_payment_of_capture(db: Connection, capture_id: str) -> Payment | None:
    rows = db.execute(
        "SELECT * FROM payments WHERE payment_id = (SELECT payment_id FROM captures WHERE capture_id = ?)",
        (capture_id,),
    ).fetchall()
    return next(iter(_payments(db, rows)), None)


def list_payments(
    db: Connection, *, merchant_reference: str | None, since: datetime | None, after: int, limit: int
) -> tuple[list[Payment], int | None]:
    """At most `limit` payments in the order they were created, those numbered beyond `after`; and the
    number to go on after, None at the end.
    """
    rows = db.execute(
        """SELECT * FROM payments WHERE number > :after
        AND (:reference IS NULL OR merchant_reference = :reference)
        AND (:since IS NULL OR created_at >= :since) ORDER BY number LIMIT :limit""",
        {
            "after": after,
            "reference": merchant_reference,
            "since": text_or_none(since),
            "limit": limit + 1,
        },
    ).fetchall()
    page = rows[:limit]
    return _payments(db, page), page[-1]["number"] if len(rows) > limit else None


def newest_payments(db: Connection, *, limit: int) -> list[Payment]:
    rows = db.execute("SELECT * FROM payments ORDER BY number DESC LIMIT ?", (limit,)).fetchall()
    return _payments(db, rows)


def payments_to_expire(db: Connection, *, now: datetime) -> list[Payment]:
    """Open ones whose page has closed, DUE_MAX at most."""
    return _due(db, "SELECT * FROM payments WHERE state = 'open' AND expires_at <= ? LIMIT ?", now)


def payments_to_capture(db: Connection, *, now: datetime) -> list[Payment]:
    """Those whose late capture is due, DUE_MAX at most."""
    return _due(db, "SELECT * FROM payments WHERE capture_at <= ? ORDER BY capture_at LIMIT ?", now)


def next_payment_at(db: Connection) -> datetime | None:
    """When the next payment expires or is captured by itself."""
    row = db.execute(
        """SELECT min(at) AS at FROM (SELECT min(expires_at) AS at FROM payments WHERE state = 'open'
        UNION ALL SELECT min(capture_at) FROM payments WHERE capture_at IS NOT NULL)"""
    ).fetchone()
    return moment_or_none(row["at"])


def _due(db: Connection, query: str, now: datetime) -> list[Payment]:
    return _payments(db, db.execute(query, (text(now), DUE_MAX)).fetchall())


def _payments(db: Connection, rows: Sequence[Row]) -> list[Payment]:
    captures = _captures(db, [row["payment_id"] for row in rows])
    return [_payment(row, captures[row["payment_id"]]) for row in rows]


def _captures(db: Connection, payment_ids: Sequence[str]) -> dict[str, list[Capture]]:
    marks = ", ".join("?" * len(payment_ids))
    query = f"SELECT * FROM captures WHERE payment_id IN ({marks}) ORDER BY number"  # noqa: S608 -- marks only
    captures: dict[str, list[Capture]] = defaultdict(list)
    for row in db.execute(query, payment_ids):
        captures[row["payment_id"]].append(
            Capture(
                capture_id=row["capture_id"],
                payment_id=row["payment_id"],
                amount_minor=row["amount_minor"],
                currency=row["currency"],
                captured_at=moment(row["captured_at"]),
            )
        )
    return captures


def _payment(row: Row, captures: Sequence[Capture]) -> Payment:
    return Payment(
        payment_id=row["payment_id"],
        state=PaymentState(row["state"]),
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        merchant_reference=row["merchant_reference"],
        description=row["description"],
        return_url=row["return_url"],
        expires_at=moment(row["expires_at"]),
        created_at=moment(row["created_at"]),
        declined=bool(row["declined"]),
        card=row["card"],
        capture_at=moment_or_none(row["capture_at"]),
        captures=tuple(captures),
    )
