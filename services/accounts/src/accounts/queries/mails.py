"""What notifications needs to write a mail, at the moment of writing. 410 elsewhere means: no mail."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from accounts.domain.account import AccountNotFound
from accounts.domain.mails import LINKING_KINDS, MailKind
from accounts.queries.invitations import invitation_facts
from accounts.storage.accounts import load_account
from accounts.storage.links import link_token
from accounts.storage.mail_requests import MailRequest, find_mail_request
from chassis.database import Snapshot
from chassis.fingerprints import Fingerprints
from chassis.sealing import Sealer


class MailFacts(BaseModel):
    """One mail: to whom, why, and what its link carries."""

    kind: MailKind
    email: str
    name: str | None
    link_token: str | None
    link_expires_at: datetime | None
    organization_name: str | None = None


async def mail_facts(
    connection: Snapshot, *, sealer: Sealer, fingerprints: Fingerprints, mail_request_id: UUID
) -> MailFacts | None:
    """The facts; None when the mail's link is used up or over, or its account is gone."""
    request = await find_mail_request(connection, mail_request_id=mail_request_id)
    if request is None:
        return None
    if request.invitation_id is not None:
        return await _to_invited(connection, sealer, fingerprints, request, request.invitation_id)
    return await _to_account(connection, sealer, fingerprints, request)


async def _to_invited(
    connection: Snapshot,
    sealer: Sealer,
    fingerprints: Fingerprints,
    request: MailRequest,
    invitation_id: UUID,
) -> MailFacts | None:
    invitation = await invitation_facts(connection, sealer=sealer, invitation_id=invitation_id)
    if invitation is None:
        return None
    token, expires_at = _link(fingerprints, request)
    return MailFacts(
        kind=request.kind,
        email=invitation.email,
        name=None,
        link_token=token,
        link_expires_at=expires_at,
        organization_name=invitation.organization_name,
    )


async def _to_account(
    connection: Snapshot, sealer: Sealer, fingerprints: Fingerprints, request: MailRequest
) -> MailFacts | None:
    if request.account_id is None:
        return None
    try:
        account = await load_account(connection, sealer=sealer, account_id=request.account_id)
    except AccountNotFound:
        return None
    token, expires_at = _link(fingerprints, request)
    return MailFacts(
        kind=request.kind,
        email=account.email,
        # Before an address is verified, its name is what anybody typed: no words of theirs in our mail.
        name=account.name if account.email_verified_at else None,
        link_token=token,
        link_expires_at=expires_at,
    )


def _link(fingerprints: Fingerprints, request: MailRequest) -> tuple[str | None, datetime | None]:
    if request.kind not in LINKING_KINDS:
        return None, None
    token = link_token(fingerprints, kind=request.kind, mail_request_id=request.mail_request_id)
    return token, request.expires_at
