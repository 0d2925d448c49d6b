"""Give and take away roles within an organization."""

from datetime import datetime
from uuid import UUID

from accounts.domain.organizations import Actor, MemberNotFound, check_an_organizer_is_left
from accounts.domain.roles import Role
from accounts.storage.memberships import add_membership, count_organizers, remove_roles
from accounts.storage.organizations import load_organization, lock_organization
from accounts.usecases.organization_rights import check_organizer
from chassis.database import Transaction


async def grant_membership(
    tx: Transaction, *, organization_id: UUID, account_id: UUID, role: Role, now: datetime
) -> None:
    """Give an account a role without asking it, at an operator's word. Raises OrganizationNotFound."""
    await load_organization(tx, organization_id=organization_id)
    await add_membership(tx, organization_id=organization_id, account_id=account_id, role=role, at=now)


async def revoke_membership(
    tx: Transaction, *, organization_id: UUID, account_id: UUID, role: Role | None = None
) -> None:
    """Take one role in the organization away, or all of them; tokens issued before carry it for minutes.

    Raises OrganizationNotFound, MemberNotFound, or LastOrganizer when no organizer would be left: two
    who remove each other at once wait for one another.
    """
    await lock_organization(tx, organization_id=organization_id)
    taken = await remove_roles(tx, organization_id=organization_id, account_id=account_id, role=role)
    if not taken:
        raise MemberNotFound
    left = await count_organizers(tx, organization_id=organization_id)
    check_an_organizer_is_left(taken=taken, organizers_left=left)


async def remove_member(
    tx: Transaction, *, actor: Actor, organization_id: UUID, account_id: UUID, role: Role | None
) -> None:
    """The same at the word of an organizer of it, who may also leave.

    Raises OrganizerNeeded too, and OrganizationNotFound for those who do not know of it.
    """
    # First, so that somebody who was removed while they waited is judged as removed.
    await lock_organization(tx, organization_id=organization_id)
    await check_organizer(tx, organization_id=organization_id, actor=actor)
    await revoke_membership(tx, organization_id=organization_id, account_id=account_id, role=role)
