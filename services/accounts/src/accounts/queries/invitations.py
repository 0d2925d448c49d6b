"""Invitations that are open: for the organizers who made them, and for the mail that brings one."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from accounts.domain.invitations import Invitation
from accounts.storage.invitations import INVITATION_COLUMNS, is_open, load_invitation, unsealed_invitation
from accounts.storage.organizations import load_organization
from accounts.storage.tables import invitations
from chassis.database import Snapshot
from chassis.sealing import Sealer


@dataclass(frozen=True, kw_only=True, slots=True)
class InvitationFacts:
    """Whom an invitation's mail goes to, and who invites."""

    email: str
    organization_name: str


async def list_invitations(
    connection: Snapshot, *, sealer: Sealer, organization_id: UUID, before: UUID | None, limit: int
) -> list[Invitation]:
    """Up to `limit` open invitations of the organization, newest first, made before `before`."""
    query = (
        select(*INVITATION_COLUMNS)
        .where(invitations.c.organization_id == organization_id, is_open())
        .order_by(invitations.c.invitation_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(invitations.c.invitation_id < before)
    rows = (await connection.execute(query)).mappings().all()
    return [await unsealed_invitation(sealer, row) for row in rows]


async def invitation_facts(
    connection: Snapshot, *, sealer: Sealer, invitation_id: UUID
) -> InvitationFacts | None:
    """The facts; None when the invitation is not open any more."""
    invitation = await load_invitation(connection, sealer=sealer, invitation_id=invitation_id)
    if invitation is None:
        return None
    organization = await load_organization(connection, organization_id=invitation.organization_id)
    return InvitationFacts(email=invitation.email, organization_name=organization.name)
