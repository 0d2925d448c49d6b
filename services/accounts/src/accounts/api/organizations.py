"""Organizations and who belongs to them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from accounts.api import organization_problems as problems
from accounts.api.actors import AsActor
from accounts.api.cursors import id_of, page_of
from accounts.api.dependencies import AtDesk
from accounts.api.organization_schemas import MemberOut, MemberRole, OrganizationIn, OrganizationOut
from accounts.domain.organizations import Organization
from accounts.domain.roles import Role
from accounts.queries.memberships import list_members
from accounts.queries.organizations import list_organizations
from accounts.storage.memberships import roles_within
from accounts.usecases.change_membership import remove_member
from accounts.usecases.create_organization import create_organization
from accounts.usecases.organization_rights import check_organizer, see_organization
from chassis.access import Principal, requires
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.http import SnapshotConn
from chassis.idempotency import IdempotentWrite
from chassis.ids import new_id
from chassis.paging import CURSOR_INVALID, Cursor, Limit, Page
from chassis.problems import problem_responses

Operator = Annotated[Principal, requires(Role.OPERATOR)]

router = APIRouter(prefix="/organizations", tags=["organizations"])


@router.post(
    "",
    status_code=201,
    response_model=OrganizationOut,
    summary="Create an organization",
)
async def post_organization(body: OrganizationIn, _operator: Operator, write: IdempotentWrite) -> Response:
    """For operators. It has no members yet: invite its first organizer."""
    organization = Organization(organization_id=new_id(), name=body.name, created_at=utc_now())

    async def work(tx: Transaction) -> OrganizationOut:
        await create_organization(tx, organization=organization)
        return OrganizationOut.of(organization)

    location = f"/api/v1/organizations/{organization.organization_id}"
    return await write.once(work, status=201, location=location)


@router.get("", summary="List your organizations", responses=problem_responses(CURSOR_INVALID))
async def get_organizations(
    actor: AsActor, connection: SnapshotConn, limit: Limit = 50, cursor: Cursor = None
) -> Page[OrganizationOut]:
    """Those one is a member of, newest first; for operators all there are."""
    found = await list_organizations(
        connection,
        account_id=actor.account_id,
        others_too=actor.is_operator,
        before=id_of(cursor),
        limit=limit + 1,
    )
    return page_of(
        [OrganizationOut.of(listed.organization, listed.roles) for listed in found],
        ids=[listed.organization.organization_id for listed in found],
        limit=limit,
    )


@router.get(
    "/{organization_id}",
    summary="Show an organization",
    responses=problem_responses(problems.ORGANIZATION_NOT_FOUND),
)
async def get_organization(
    organization_id: UUID, actor: AsActor, connection: SnapshotConn
) -> OrganizationOut:
    """For its members and operators."""
    organization = await see_organization(connection, organization_id=organization_id, actor=actor)
    if actor.account_id is None:
        return OrganizationOut.of(organization)
    roles = await roles_within(connection, organization_id=organization_id, account_id=actor.account_id)
    return OrganizationOut.of(organization, roles)


@router.get(
    "/{organization_id}/members",
    summary="List the members of an organization",
    responses=problem_responses(problems.ORGANIZATION_NOT_FOUND, CURSOR_INVALID),
)
async def get_members(
    organization_id: UUID,
    actor: AsActor,
    connection: SnapshotConn,
    desk: AtDesk,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MemberOut]:
    """With their e-mail addresses, for organizers of the organization and operators."""
    await check_organizer(connection, organization_id=organization_id, actor=actor)
    found = await list_members(
        connection,
        sealer=desk.sealer,
        organization_id=organization_id,
        after=id_of(cursor),
        limit=limit + 1,
    )
    return page_of(
        [MemberOut.of(member) for member in found], ids=[member.account_id for member in found], limit=limit
    )


@router.delete(
    "/{organization_id}/members/{account_id}",
    status_code=204,
    summary="Remove a member from an organization",
    responses=problem_responses(
        problems.ORGANIZATION_NOT_FOUND, problems.MEMBER_NOT_FOUND, problems.LAST_ORGANIZER
    ),
)
async def delete_member(
    organization_id: UUID,
    account_id: UUID,
    actor: AsActor,
    write: IdempotentWrite,
    role: Annotated[
        MemberRole | None, Query(description="Only this role is taken away; left out: all of them")
    ] = None,
) -> Response:
    """Organizers remove others, or themselves as long as another organizer stays. Access tokens that were
    issued before are good for some minutes more.
    """

    async def work(tx: Transaction) -> None:
        await remove_member(
            tx, actor=actor, organization_id=organization_id, account_id=account_id, role=role
        )

    return await write.once(work, status=204)
