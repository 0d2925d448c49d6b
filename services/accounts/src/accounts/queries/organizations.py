"""Organizations as their members and operators list them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from accounts.domain.organizations import Organization
from accounts.domain.roles import Role
from accounts.storage.tables import memberships, organizations
from chassis.database import Snapshot


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedOrganization:
    """An organization, and the roles that the one who lists it holds there."""

    organization: Organization
    roles: frozenset[Role]


async def list_organizations(
    connection: Snapshot, *, account_id: UUID | None, others_too: bool, before: UUID | None, limit: int
) -> list[ListedOrganization]:
    """Up to `limit` organizations, newest first, made before `before`: the account's own, or all."""
    own = and_(
        memberships.c.organization_id == organizations.c.organization_id,
        memberships.c.account_id == account_id,
    )
    roles = func.array_agg(memberships.c.role).filter(memberships.c.role.is_not(None)).label("roles")
    query = (
        select(organizations, roles)
        .join_from(organizations, memberships, own, isouter=others_too)
        .group_by(organizations.c.organization_id)
        .order_by(organizations.c.organization_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(organizations.c.organization_id < before)
    return [_listed({**row}) for row in (await connection.execute(query)).mappings()]


def _listed(columns: dict[str, Any]) -> ListedOrganization:
    roles = columns.pop("roles") or ()
    return ListedOrganization(organization=Organization(**columns), roles=frozenset(map(Role, roles)))
