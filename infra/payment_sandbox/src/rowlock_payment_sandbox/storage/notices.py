"""Notices and how their sending goes."""

import json
from collections.abc import Collection
from datetime import datetime
from sqlite3 import Connection, Row

from rowlock_payment_sandbox.model import Notice, NoticeKind
from rowlock_payment_sandbox.storage.database import moment, moment_or_none, text, text_or_none


def insert_notice(db: Connection, notice: Notice) -> None:
    db.execute(
        """INSERT INTO notices (notice_id, kind, about, body, created_at, next_attempt_at, copies, held)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            notice.notice_id,
            notice.kind,
            notice.about,
            notice.body,
            text(notice.created_at),
            text_or_none(notice.next_attempt_at),
            notice.copies,
            notice.held,
        ),
    )


def save_attempt(
    db: Connection,
    *,
    notice_id: str,
    answer: str,
    delivered_at: datetime | None,
    next_attempt_at: datetime | None,
) -> None:
    """Store what came of one sending. A notice that was delivered once stays so."""
    db.execute(
        """UPDATE notices SET attempts = attempts + 1, last_answer = :answer, held = 0,
        delivered_at = coalesce(delivered_at, :delivered_at),
        next_attempt_at = iif(coalesce(delivered_at, :delivered_at) IS NULL, :next_attempt_at, NULL)
        WHERE notice_id = :notice_id""",
        {
            "notice_id": notice_id,
            "answer": answer,
            "delivered_at": text_or_none(delivered_at),
            "next_attempt_at": text_or_none(next_attempt_at),
        },
    )


def find_notice(db: Connection, notice_id: str) -> Notice | None:
    row = db.execute("SELECT * FROM notices WHERE notice_id = ?", (notice_id,)).fetchone()
    return _notice(row) if row else None


def newest_notices(db: Connection, *, about: str | None = None, limit: int) -> list[Notice]:
    """The newest first; those about one payment or refund, if named."""
    rows = db.execute(
        "SELECT * FROM notices WHERE ?1 IS NULL OR about = ?1 ORDER BY number DESC LIMIT ?2", (about, limit)
    )
    return [_notice(row) for row in rows]


def notices_to_send(db: Connection, *, now: datetime, but: Collection[str], limit: int) -> list[Notice]:
    """Those due, the longest due first, but for held ones and those of the ids in `but`."""
    rows = db.execute(
        """SELECT * FROM notices WHERE next_attempt_at <= ? AND NOT held
        AND notice_id NOT IN (SELECT value FROM json_each(?))
        ORDER BY next_attempt_at, number LIMIT ?""",
        (text(now), json.dumps(list(but)), limit),
    )
    return [_notice(row) for row in rows]


def held_notices(db: Connection, *, now: datetime) -> list[Notice]:
    """All that are held, the newest first, once one of them is due."""
    rows = db.execute(
        """SELECT * FROM notices WHERE held AND next_attempt_at IS NOT NULL AND EXISTS
        (SELECT 1 FROM notices WHERE held AND next_attempt_at <= ?) ORDER BY number DESC""",
        (text(now),),
    )
    return [_notice(row) for row in rows]


def next_sending_at(db: Connection, *, after: datetime) -> datetime | None:
    """When the next notice is due that is not due already."""
    row = db.execute(
        "SELECT min(next_attempt_at) AS at FROM notices WHERE next_attempt_at > ?", (text(after),)
    ).fetchone()
    return moment_or_none(row["at"])


def _notice(row: Row) -> Notice:
    return Notice(
        notice_id=row["notice_id"],
        kind=NoticeKind(row["kind"]),
        about=row["about"],
        body=row["body"],
        created_at=moment(row["created_at"]),
        next_attempt_at=moment_or_none(row["next_attempt_at"]),
        copies=row["copies"],
        held=bool(row["held"]),
        attempts=row["attempts"],
        delivered_at=moment_or_none(row["delivered_at"]),
        last_answer=row["last_answer"],
    )
