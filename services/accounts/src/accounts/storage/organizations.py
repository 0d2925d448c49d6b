"""Organizations, by their id."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from accounts.domain.organizations import Organization, OrganizationNotFound
from accounts.storage.tables import organizations
from chassis.database import Snapshot, Transaction


async def add_organization(tx: Transaction, *, organization: Organization) -> bool:
    """Insert a new organization; False when its id is taken."""
    values = {
        "organization_id": organization.organization_id,
        "name": organization.name,
        "created_at": organization.created_at,
    }
    statement = insert(organizations).values(values).on_conflict_do_nothing()
    return (await tx.execute(statement.returning(organizations.c.organization_id))).first() is not None


async def load_organization(connection: Snapshot | Transaction, *, organization_id: UUID) -> Organization:
    """The organization. Raises OrganizationNotFound."""
    return await _load(connection, select(organizations), organization_id)


async def lock_organization(tx: Transaction, *, organization_id: UUID) -> Organization:
    """The same; nobody else takes members away from it until `tx` ends, but others may join."""
    return await _load(tx, select(organizations).with_for_update(key_share=True), organization_id)


async def _load(connection: Snapshot | Transaction, statement: Any, organization_id: UUID) -> Organization:
    found = await connection.execute(statement.where(organizations.c.organization_id == organization_id))
    row = found.mappings().one_or_none()
    if row is None:
        raise OrganizationNotFound
    return Organization(**row)
