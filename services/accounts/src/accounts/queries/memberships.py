"""Who belongs to an organization, as its organizers see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from accounts.domain.roles import Role
from accounts.storage.sealed import PERSON
from accounts.storage.tables import accounts, memberships
from chassis.database import Snapshot
from chassis.sealing import Sealer


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """An account with its roles in one organization; `since` is when it got the first of them."""

    account_id: UUID
    email: str
    name: str | None
    roles: frozenset[Role]
    since: datetime


async def list_members(
    connection: Snapshot, *, sealer: Sealer, organization_id: UUID, after: UUID | None, limit: int
) -> list[Member]:
    """Up to `limit` members in order of their accounts' ids, beginning after `after`."""
    query = (
        select(
            accounts.c.account_id,
            accounts.c.sealed,
            func.array_agg(memberships.c.role).label("roles"),
            func.min(memberships.c.created_at).label("since"),
        )
        .join_from(memberships, accounts, memberships.c.account_id == accounts.c.account_id)
        .where(memberships.c.organization_id == organization_id)
        .group_by(accounts.c.account_id)
        .order_by(accounts.c.account_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(accounts.c.account_id > after)
    rows = (await connection.execute(query)).mappings().all()
    return [await _member(sealer, {**row}) for row in rows]


async def _member(sealer: Sealer, columns: dict[str, Any]) -> Member:
    row_id = str(columns["account_id"])
    person = await sealer.unseal_json(columns.pop("sealed"), place=PERSON.place, row=row_id)
    roles = frozenset(map(Role, columns.pop("roles")))
    return Member(**columns, roles=roles, email=person["email"], name=person["name"])
