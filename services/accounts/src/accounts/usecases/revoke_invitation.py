"""Revoke an invitation: the link that was mailed works no longer."""

from uuid import UUID

from accounts.domain.invitations import InvitationNotFound
from accounts.domain.organizations import Actor
from accounts.storage.invitations import revoke_open_invitation
from accounts.usecases.organization_rights import check_organizer
from chassis.database import Transaction


async def revoke_invitation(
    tx: Transaction, *, actor: Actor, organization_id: UUID, invitation_id: UUID
) -> None:
    """Raises OrganizationNotFound, OrganizerNeeded, or InvitationNotFound when it is not open."""
    await check_organizer(tx, organization_id=organization_id, actor=actor)
    if not await revoke_open_invitation(tx, organization_id=organization_id, invitation_id=invitation_id):
        raise InvitationNotFound
