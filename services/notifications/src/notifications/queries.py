"""What operators and a person's own export read of the mails."""

from uuid import UUID

from sqlalchemy import select
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
