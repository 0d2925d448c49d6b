"""Who may see an organization, and who may decide about it.

Memberships are judged as they stand in the database: an access token tells what they were some minutes
ago, which is too old for handing out rights. Somebody who was removed could let themselves in again.
"""

from uuid import UUID

from accounts.domain.organizations import Actor, Organization, OrganizationNotFound, OrganizerNeeded
from accounts.domain.roles import Role
from accounts.storage.memberships import roles_within
from accounts.storage.organizations import load_organization
from chassis.database import Snapshot, Transaction


async def see_organization(
    connection: Snapshot | Transaction, *, organization_id: UUID, actor: Actor
) -> Organization:
    """The organization, for its members and operators. Raises OrganizationNotFound."""
    if not actor.is_operator and not await _roles(connection, organization_id, actor):
        raise OrganizationNotFound
    return await load_organization(connection, organization_id=organization_id)


async def check_organizer(
    connection: Snapshot | Transaction, *, organization_id: UUID, actor: Actor
) -> Organization:
    """The organization, for its organizers and operators.

    Raises OrganizerNeeded for a member who is none, OrganizationNotFound for everybody else.
    """
    organization = await see_organization(connection, organization_id=organization_id, actor=actor)
    if not actor.is_operator and Role.ORGANIZER not in await _roles(connection, organization_id, actor):
        raise OrganizerNeeded
    return organization


async def _roles(connection: Snapshot | Transaction, organization_id: UUID, actor: Actor) -> frozenset[Role]:
    if actor.account_id is None:
        return frozenset()
    return await roles_within(connection, organization_id=organization_id, account_id=actor.account_id)
