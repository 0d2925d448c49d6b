"""Inviting to an organization, and accepting.

No answer tells whether an e-mail is registered: an invitation is made and mailed in each case.
"""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.api import organization_problems, problems
from accounts.api.actors import AsActor
from accounts.api.cursors import id_of, page_of
from accounts.api.dependencies import AtDesk, Me
from accounts.api.organization_schemas import (
    AcceptanceIn,
    InvitationIn,
    InvitationOut,
    InvitedOut,
    OrganizationOut,
)
from accounts.domain.invitations import Invitation
from accounts.domain.mails import MailKind
from accounts.domain.roles import Role
from accounts.queries.invitations import list_invitations
from accounts.storage.links import mail_request_of
from accounts.storage.memberships import roles_within
from accounts.storage.organizations import load_organization
from accounts.usecases.accept_invitation import accept_invitation
from accounts.usecases.invite_member import invite_member
from accounts.usecases.organization_rights import check_organizer
from accounts.usecases.revoke_invitation import revoke_invitation
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.http import Db, SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.ids import new_id
from chassis.paging import CURSOR_INVALID, Cursor, Limit, Page
from chassis.problems import TOO_MANY_REQUESTS, problem_responses

router = APIRouter(tags=["organizations"])


@router.post(
    "/organizations/{organization_id}/invitations",
    status_code=202,
    response_model=InvitedOut,
    summary="Invite somebody to an organization",
    responses=problem_responses(organization_problems.ORGANIZATION_NOT_FOUND, TOO_MANY_REQUESTS),
)
async def post_invitation(
    organization_id: UUID,
    body: InvitationIn,
    actor: AsActor,
    write: IdempotentWrite,
    desk: AtDesk,
    db: Db,
) -> Response:
    """Mails a link that makes the e-mail's owner a member once they are logged in with it, by an account
    they have or register then. Inviting again for the same role renews the invitation.
    """
    email_fingerprint = desk.fingerprints.email(body.email)
    # First, so that nobody else can use up what the organization may invite.
    async with db.snapshot() as connection:
        await check_organizer(connection, organization_id=organization_id, actor=actor)
    await desk.limits.take("invitation", identity=str(organization_id))
    await desk.limits.take("invited", identity=email_fingerprint)
    now = utc_now()
    invitation = Invitation(
        invitation_id=new_id(),
        organization_id=organization_id,
        email=body.email,
        role=Role(body.role),
        created_at=now,
        expires_at=now + timedelta(seconds=desk.settings.invitation_s),
    )

    async def work(tx: Transaction) -> InvitedOut:
        invited = await invite_member(
            tx,
            sealer=desk.sealer,
            actor=actor,
            invitation=invitation,
            email_fingerprint=email_fingerprint,
            now=now,
        )
        return InvitedOut.of(invited)

    return await write.once(work, status=202)


@router.get(
    "/organizations/{organization_id}/invitations",
    summary="List the open invitations of an organization",
    responses=problem_responses(organization_problems.ORGANIZATION_NOT_FOUND, CURSOR_INVALID),
)
async def get_invitations(
    organization_id: UUID,
    actor: AsActor,
    connection: SnapshotConn,
    desk: AtDesk,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[InvitationOut]:
    """For organizers of the organization and operators; what is accepted, revoked or over is not shown."""
    await check_organizer(connection, organization_id=organization_id, actor=actor)
    found = await list_invitations(
        connection,
        sealer=desk.sealer,
        organization_id=organization_id,
        before=id_of(cursor),
        limit=limit + 1,
    )
    return page_of(
        [InvitationOut.of(invitation) for invitation in found],
        ids=[invitation.invitation_id for invitation in found],
        limit=limit,
    )


@router.delete(
    "/organizations/{organization_id}/invitations/{invitation_id}",
    status_code=204,
    summary="Revoke an invitation",
    responses=problem_responses(
        organization_problems.ORGANIZATION_NOT_FOUND, organization_problems.INVITATION_NOT_FOUND
    ),
)
async def delete_invitation(
    organization_id: UUID, invitation_id: UUID, actor: AsActor, write: IdempotentWrite
) -> Response:
    """Its link works no longer, and its mail, if it was not sent yet, is not sent."""

    async def work(tx: Transaction) -> None:
        await revoke_invitation(tx, actor=actor, organization_id=organization_id, invitation_id=invitation_id)

    return await write.once(work, status=204)


@router.post(
    "/invitations/acceptance",
    response_model=OrganizationOut,
    summary="Accept an invitation by its link",
    responses=problem_responses(
        problems.ACCOUNT_NOT_FOUND,
        organization_problems.INVITATION_FOR_ANOTHER,
        problems.LINK_INVALID,
        TOO_MANY_REQUESTS,
    ),
)
async def post_acceptance(
    body: AcceptanceIn, me: Me, write: IdempotentWrite, request: Request, desk: AtDesk
) -> Response:
    """Log in first, with the account whose verified e-mail was invited. The token is good once; the next
    access token (`POST /sessions/refresh`) carries the role.
    """
    await desk.limits.take("confirmation", request)
    mail_request_id = mail_request_of(desk.fingerprints, kind=MailKind.INVITATION, token=body.token)

    async def work(tx: Transaction) -> OrganizationOut:
        account_id = me.account_id
        organization_id = await accept_invitation(
            tx, account_id=account_id, mail_request_id=mail_request_id, now=utc_now()
        )
        organization = await load_organization(tx, organization_id=organization_id)
        roles = await roles_within(tx, organization_id=organization_id, account_id=account_id)
        return OrganizationOut.of(organization, roles)

    return await write.once(work)
