"""What operators and a person's own export read of the mails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.engine import RowMapping

from chassis.database import Snapshot
from notifications.storage.tables import mails

_LISTED = (
    mails.c.mail_id,
    mails.c.kind,
    mails.c.cause_id,
    mails.c.state,
    mails.c.reason,
    mails.c.smtp_code,
    mails.c.claims,
    mails.c.caused_at,
    mails.c.ended_at,
)


async def mails_in_state(conn: Snapshot, *, state: str, limit: int) -> list[RowMapping]:
    """The newest mails in a state."""
    found = select(*_LISTED).where(mails.c.state == state).order_by(mails.c.mail_id.desc()).limit(limit)
    return list((await conn.execute(found)).mappings())


async def mails_of_account(conn: Snapshot, *, account_id: UUID) -> list[RowMapping]:
    """What was sent to an account, the oldest first."""
    shown = (mails.c.kind, mails.c.state, mails.c.caused_at, mails.c.ended_at)
    found = select(*shown).where(mails.c.account_id == account_id).order_by(mails.c.mail_id)
    return list((await conn.execute(found)).mappings())


# The index of due mails has those that wait, that of ended ones the few of a day.
_STANDING = text("""
SELECT count(*) AS waiting, extract(epoch FROM clock_timestamp() - min(waiting_since))::float AS oldest_s,
       (SELECT count(*) FROM notifications.mails
        WHERE ended_at > :given_up_since AND state = 'given_up') AS given_up
FROM notifications.mails WHERE state = 'waiting'
""")


async def standing_of_mails(conn: Snapshot, *, given_up_since: datetime) -> RowMapping:
    """`waiting` mails, for how long the oldest has (`oldest_s`), and how many were `given_up` lately."""
    return (await conn.execute(_STANDING, {"given_up_since": given_up_since})).mappings().one()


_MAILS_TO_SEND = text("""
SELECT (SELECT count(*) FROM (
            SELECT FROM notifications.mails WHERE state = 'waiting' LIMIT :rows_max) AS bounded) AS waiting,
       (SELECT greatest(extract(epoch FROM clock_timestamp() - due_at), 0)::float8
        FROM notifications.mails WHERE state = 'waiting' ORDER BY due_at LIMIT 1) AS oldest_due_s
""")


async def mails_to_send(conn: Snapshot, *, rows_max: int) -> RowMapping:
    """How many are `waiting`, up to `rows_max`, and for how long the first has been due (`oldest_due_s`)."""
    return (await conn.execute(_MAILS_TO_SEND, {"rows_max": rows_max})).mappings().one()
