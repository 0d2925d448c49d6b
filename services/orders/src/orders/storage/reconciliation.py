"""The one row by which replicas take turns at comparing the books, and know what the last round found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Snapshot, Transaction
from orders.storage.tables import reconciliation

ABANDONED_AFTER_S = 1800
"""Whoever began a round this long ago, and did not end it, is taken to be gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """A round that came to its end: findings by kind, and why some part could not be asked."""

    ended_at: datetime
    findings: Mapping[str, int]
    not_compared: Mapping[str, str]


async def begin_round(tx: Transaction, *, every_s: float, now: datetime) -> bool:
    """Claim the next round; False while the last one began less than `every_s` ago, or is not over."""
    begun = upsert(reconciliation).values(only_one=True, began_at=now)
    began_at, is_over = reconciliation.c.began_at, reconciliation.c.ended_at >= reconciliation.c.began_at
    due = is_over & (began_at <= now - timedelta(seconds=every_s))
    abandoned = began_at <= now - timedelta(seconds=max(every_s, ABANDONED_AFTER_S))
    begun = begun.on_conflict_do_update(
        index_elements=[reconciliation.c.only_one], set_={"began_at": now}, where=due | abandoned
    )
    return await tx.scalar(begun.returning(reconciliation.c.only_one)) is not None


async def end_round(tx: Transaction, *, ended: Round) -> None:
    """Write down what the round found."""
    await tx.execute(
        update(reconciliation).values(
            ended_at=ended.ended_at, findings=dict(ended.findings), not_compared=dict(ended.not_compared)
        )
    )


async def last_round(conn: Snapshot) -> Round | None:
    """The last round that came to its end, whichever replica did it."""
    row = (await conn.execute(select(reconciliation))).one_or_none()
    if row is None or row.ended_at is None:
        return None
    return Round(ended_at=row.ended_at, findings=row.findings, not_compared=row.not_compared)
