"""Shreds attendees whose time is over. The row stays, and says when it was shredded."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from chassis.database import Snapshot, Transaction
from orders.storage.tables import attendees, offers, order_lines

_SHREDDED = {"sealed": None, "person_fingerprint": None, "person_ticket": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class AttendeesLeft:
    """How many attendees are `due` to be shredded (the oldest since its event ended at `oldest_ended_at`),
    `kept` because their time is not over, and `shredded` already.
    """

    due: int
    kept: int
    shredded: int
    oldest_ended_at: datetime | None


async def shred_attendees_of_ended_events(
    tx: Transaction, *, ended_before: datetime, rows_max: int, at: datetime
) -> int:
    """Shred at most `rows_max` attendees of events that ended before then; gives how many.

    Locked ones are skipped.
    """
    due = (
        select(attendees.c.line_id)
        .join(offers, offers.c.event_id == attendees.c.event_id)
        .where(attendees.c.sealed.is_not(None), offers.c.ends_at < ended_before)
        .limit(rows_max)
        .with_for_update(of=attendees, skip_locked=True)
    )
    return await _shred(tx, attendees.c.line_id.in_(due), at)


async def shred_attendees_of_order(tx: Transaction, *, order_id: UUID, at: datetime) -> int:
    """Shred all attendees of a locked order; gives how many there were."""
    lines = select(order_lines.c.line_id).where(order_lines.c.order_id == order_id)
    return await _shred(tx, attendees.c.line_id.in_(lines) & attendees.c.sealed.is_not(None), at)


async def count_attendees_left(conn: Snapshot, *, ended_before: datetime) -> AttendeesLeft:
    """What is left to shred of events that ended before then, and what there is besides."""
    sealed, is_due = attendees.c.sealed.is_not(None), offers.c.ends_at < ended_before
    counted = select(
        func.count().filter(sealed, is_due).label("due"),
        func.count().filter(sealed, ~is_due).label("kept"),
        func.count().filter(~sealed).label("shredded"),
        func.min(offers.c.ends_at).filter(sealed, is_due).label("oldest_ended_at"),
    ).select_from(attendees.join(offers, offers.c.event_id == attendees.c.event_id))
    return AttendeesLeft(**(await conn.execute(counted)).mappings().one())


async def _shred(tx: Transaction, which: ColumnElement[bool], at: datetime) -> int:
    shredded = update(attendees).where(which).values({**_SHREDDED, "shredded_at": at})
    return len((await tx.execute(shredded.returning(attendees.c.line_id))).all())
