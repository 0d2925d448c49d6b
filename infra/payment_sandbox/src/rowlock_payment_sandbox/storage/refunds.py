"""Refunds of captures."""

from datetime import datetime
from sqlite3 import Connection, Row

from rowlock_payment_sandbox.model import Refund, RefundState
from rowlock_payment_sandbox.storage.database import moment, moment_or_none, text, text_or_none


def insert_refund(db: Connection, refund: Refund) -> None:
    db.execute(
        """INSERT INTO refunds (refund_id, capture_id, amount_minor, currency, merchant_reference, state,
        created_at, failure_reason, settles_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            refund.refund_id,
            refund.capture_id,
            refund.amount_minor,
            refund.currency,
            refund.merchant_reference,
            refund.state,
            text(refund.created_at),
            refund.failure_reason,
            text_or_none(refund.settles_at),
        ),
    )


def save_success(db: Connection, *, refund_id: str) -> None:
    db.execute("UPDATE refunds SET state = 'succeeded', settles_at = NULL WHERE refund_id = ?", (refund_id,))


def find_refund(db: Connection, refund_id: str) -> Refund | None:
    row = db.execute("SELECT * FROM refunds WHERE refund_id = ?", (refund_id,)).fetchone()
    return _refund(row) if row else None


def refunds_of(db: Connection, *, capture_id: str) -> list[Refund]:
    """All of a capture, the oldest first."""
    rows = db.execute("SELECT * FROM refunds WHERE capture_id = ? ORDER BY number", (capture_id,))
    return [_refund(row) for row in rows]


def list_refunds(
    db: Connection, *, capture_id: str | None, since: datetime | None, after: int, limit: int
) -> tuple[list[Refund], int | None]:
    """As `list_payments`."""
    rows = db.execute(
        """SELECT * FROM refunds WHERE number > :after
        AND (:capture IS NULL OR capture_id = :capture)
        AND (:since IS NULL OR created_at >= :since) ORDER BY number LIMIT :limit""",
        {"after": after, "capture": capture_id, "since": text_or_none(since), "limit": limit + 1},
    ).fetchall()
    page = rows[:limit]
    return [_refund(row) for row in page], page[-1]["number"] if len(rows) > limit else None


def newest_refunds(db: Connection, *, limit: int) -> list[Refund]:
    rows = db.execute("SELECT * FROM refunds ORDER BY number DESC LIMIT ?", (limit,))
    return [_refund(row) for row in rows]


def refunds_to_settle(db: Connection, *, now: datetime) -> list[Refund]:
    """Pending ones whose time has come."""
    rows = db.execute("SELECT * FROM refunds WHERE settles_at <= ? ORDER BY settles_at", (text(now),))
    return [_refund(row) for row in rows]


def next_refund_at(db: Connection) -> datetime | None:
    """When the next pending refund succeeds."""
    row = db.execute("SELECT min(settles_at) AS at FROM refunds WHERE settles_at IS NOT NULL").fetchone()
    return moment_or_none(row["at"])


def _refund(row: Row) -> Refund:
    return Refund(
        refund_id=row["refund_id"],
        capture_id=row["capture_id"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        merchant_reference=row["merchant_reference"],
        state=RefundState(row["state"]),
        created_at=moment(row["created_at"]),
        failure_reason=row["failure_reason"],
        settles_at=moment_or_none(row["settles_at"]),
    )
