"""What a person reads of their own account."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from accounts.storage.sealed import DEVICE
from accounts.storage.tables import memberships, organizations, sessions
from chassis.database import Snapshot
from chassis.sealing import Sealer


async def organization_names(connection: Snapshot, *, account_id: UUID) -> dict[UUID, str]:
    """Names of the organizations the account is a member of."""
    statement = (
        select(organizations.c.organization_id, organizations.c.name)
        .join(memberships, memberships.c.organization_id == organizations.c.organization_id)
        .where(memberships.c.account_id == account_id)
    )
    rows = await connection.execute(statement)
    return {row.organization_id: row.name for row in rows}


async def sessions_of(connection: Snapshot, *, sealer: Sealer, account_id: UUID) -> Sequence[dict[str, Any]]:
    """The account's sessions that go on, the one used last first, with the names of their devices."""
    statement = (
        select(sessions)
        .where(sessions.c.account_id == account_id, sessions.c.ends_at > func.clock_timestamp())
        .order_by(sessions.c.last_used_at.desc(), sessions.c.session_id.desc())
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [await _unsealed(sealer, dict(row)) for row in rows]


async def _unsealed(sealer: Sealer, row: dict[str, Any]) -> dict[str, Any]:
    device = await sealer.unseal_json(row.pop("sealed"), place=DEVICE.place, row=str(row["session_id"]))
    return row | device
