"""Shreds the attendees of events that ended some days ago: nobody needs to know any more who was there."""

from datetime import datetime, timedelta

from chassis.database import Snapshot, Transaction
from orders.storage.retention import (
    AttendeesLeft,
    count_attendees_left,
    shred_attendees_of_ended_events,
)

__all__ = ["AttendeesLeft", "attendees_left", "shred_attendees"]


async def shred_attendees(tx: Transaction, *, keep_days: int, rows_max: int, now: datetime) -> int:
    """Shred at most `rows_max` attendees of events that ended `keep_days` ago or earlier; gives how many.

    What is left is found in the tables and nowhere else, so it goes on after any crash, and replicas
    share it. Lines, tickets, payments and access records stay.
    """
    ended_before = now - timedelta(days=keep_days)
    return await shred_attendees_of_ended_events(tx, ended_before=ended_before, rows_max=rows_max, at=now)


async def attendees_left(conn: Snapshot, *, keep_days: int, now: datetime) -> AttendeesLeft:
    """What is still to be shredded, and what is kept."""
    return await count_attendees_left(conn, ended_before=now - timedelta(days=keep_days))
