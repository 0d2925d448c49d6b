"""What accounts may do: grants, which hold everywhere, and memberships of organizations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert

from accounts.domain.account import Rights
from accounts.domain.roles import Role
from accounts.storage.tables import role_grants
from chassis.database import Snapshot, Transaction

# Both kinds of rights in one statement: a token is never made of two moments.
_RIGHTS = text("""
SELECT NULL AS organization_id, role FROM accounts.role_grants WHERE account_id = :account_id
UNION ALL
SELECT organization_id, role FROM accounts.memberships WHERE account_id = :account_id
""")


async def rights_of(connection: Snapshot | Transaction, *, account_id: UUID) -> Rights:
    """The account's rights as they stand; an unknown account has none."""
    granted: set[Role] = set()
    organizations: dict[UUID, frozenset[Role]] = {}
    for organization_id, role in await connection.execute(_RIGHTS, {"account_id": account_id}):
        if organization_id is None:
            granted.add(Role(role))
        else:
            others = organizations.get(organization_id, frozenset())
            organizations[organization_id] = others | {Role(role)}
    return Rights(granted=frozenset(granted), organizations=organizations)


async def add_grant(tx: Transaction, *, account_id: UUID, role: Role, at: datetime) -> None:
    """Grant a role everywhere; granted already, nothing changes."""
    values = {"account_id": account_id, "role": role, "granted_at": at}
    await tx.execute(insert(role_grants).values(values).on_conflict_do_nothing())


async def remove_grant(tx: Transaction, *, account_id: UUID, role: Role) -> None:
    """Take it back, if it was granted."""
    of_account = role_grants.c.account_id == account_id
    await tx.execute(delete(role_grants).where(of_account, role_grants.c.role == role))
