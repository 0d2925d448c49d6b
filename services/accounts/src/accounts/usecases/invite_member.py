"""Invite whoever an e-mail address belongs to; the inviter learns nothing of them."""

from dataclasses import replace
from datetime import datetime

from accounts.domain.invitations import Invitation
from accounts.domain.mails import MailKind
from accounts.domain.organizations import Actor
from accounts.storage.invitations import put_invitation
from accounts.storage.mail_requests import add_mail_request
from accounts.storage.outbox import send
from accounts.usecases.organization_rights import check_organizer
from chassis.database import Transaction
from chassis.sealing import Sealer
from messages.accounts import InvitationMade


async def invite_member(
    tx: Transaction,
    *,
    sealer: Sealer,
    actor: Actor,
    invitation: Invitation,
    email_fingerprint: str,
    now: datetime,
) -> Invitation:
    """Store the invitation and have its link mailed, whether or not anybody has the e-mail registered.

    Inviting again for the same role renews: the link mailed before works no longer. Gives the invitation
    that is open now. Raises OrganizationNotFound or OrganizerNeeded.
    """
    organization_id = invitation.organization_id
    await check_organizer(tx, organization_id=organization_id, actor=actor)
    invitation_id = await put_invitation(
        tx, sealer=sealer, invitation=invitation, email_fingerprint=email_fingerprint
    )
    mail_request_id = await add_mail_request(
        tx,
        kind=MailKind.INVITATION,
        invitation_id=invitation_id,
        good_for_s=int((invitation.expires_at - now).total_seconds()),
        now=now,
    )
    await send(
        tx,
        InvitationMade(
            invitation_id=invitation_id, organization_id=organization_id, mail_request_id=mail_request_id
        ),
    )
    return replace(invitation, invitation_id=invitation_id)
