"""Accept an invitation: the account whose verified e-mail it was sent to becomes a member."""

from datetime import datetime
from uuid import UUID

from accounts.domain.account import AccountNotFound
from accounts.domain.invitations import check_invited
from accounts.domain.mails import LinkInvalid, MailKind
from accounts.storage.accounts import fingerprint_of, lock_credentials
from accounts.storage.invitations import take_invitation
from accounts.storage.mail_requests import find_mail_request
from accounts.storage.memberships import add_membership
from chassis.database import Transaction


async def accept_invitation(
    tx: Transaction, *, account_id: UUID, mail_request_id: UUID, now: datetime
) -> UUID:
    """Make the account a member and give the organization. Works once.

    Raises AccountNotFound, LinkInvalid, or InvitationForAnother, which leaves the invitation open.
    """
    account = await lock_credentials(tx, account_id=account_id)
    if account is None:
        raise AccountNotFound
    request = await find_mail_request(tx, mail_request_id=mail_request_id, kind=MailKind.INVITATION)
    if request is None or request.invitation_id is None:
        raise LinkInvalid
    offer = await take_invitation(tx, invitation_id=request.invitation_id)
    if offer is None:
        raise LinkInvalid
    check_invited(
        invited=offer.email_fingerprint,
        email_fingerprint=await fingerprint_of(tx, account_id=account_id),
        is_verified=account.is_verified,
    )
    await add_membership(
        tx, organization_id=offer.organization_id, account_id=account_id, role=offer.role, at=now
    )
    return offer.organization_id
