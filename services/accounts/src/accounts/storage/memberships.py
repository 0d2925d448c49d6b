"""Memberships: which roles an account holds within an organization."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from accounts.domain.roles import Role
from accounts.storage.tables import memberships
from chassis.database import Snapshot, Transaction


async def roles_within(
    connection: Snapshot | Transaction, *, organization_id: UUID, account_id: UUID
) -> frozenset[Role]:
    """The account's roles in the organization; none if it is no member, or there is no such one."""
    statement = select(memberships.c.role).where(
        memberships.c.organization_id == organization_id, memberships.c.account_id == account_id
    )
    return frozenset(map(Role, await connection.scalars(statement)))


async def add_membership(
    tx: Transaction, *, organization_id: UUID, account_id: UUID, role: Role, at: datetime
) -> None:
    """Give the account a role in the organization; held already, nothing changes."""
    values = {"organization_id": organization_id, "account_id": account_id, "role": role, "created_at": at}
    await tx.execute(insert(memberships).values(values).on_conflict_do_nothing())


async def remove_roles(
    tx: Transaction, *, organization_id: UUID, account_id: UUID, role: Role | None
) -> frozenset[Role]:
    """Take one role in the organization away, or all of them; gives those that were held."""
    statement = delete(memberships).where(
        memberships.c.organization_id == organization_id, memberships.c.account_id == account_id
    )
    if role is not None:
        statement = statement.where(memberships.c.role == role)
    return frozenset(map(Role, await tx.scalars(statement.returning(memberships.c.role))))


async def count_organizers(tx: Transaction, *, organization_id: UUID) -> int:
    """How many organizers the organization has."""
    statement = select(func.count()).where(
        memberships.c.organization_id == organization_id, memberships.c.role == Role.ORGANIZER
    )
    return (await tx.execute(statement)).scalar_one()
