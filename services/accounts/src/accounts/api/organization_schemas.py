"""Organizations, their members and invitations, in requests and answers."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from accounts.api.fields import Name
from accounts.api.schemas import EmailField, LinkToken
from accounts.domain.invitations import Invitation
from accounts.domain.organizations import Organization
from accounts.domain.roles import Role
from accounts.queries.memberships import Member

_NAME = "Globe Theatre"
_ORGANIZATION_ID = "0192f0c1-9c11-7d21-9b3e-5a6f7b8c9d01"
_INVITATION_ID = "0192f0c1-9c11-7d21-9b3e-5a6f7b8c9d02"
_ACCOUNT_ID = "0192f0c1-7d57-7c39-9a53-2f6b8f0f5a11"

MemberRole = Literal[Role.ORGANIZER, Role.ENTRANCE_STAFF]
RolesField = Annotated[list[Role], Field(examples=[[Role.ORGANIZER]])]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OrganizationIn(_In):
    """A new organization."""

    name: Name = Field(description="Shown in mails and lists", examples=[_NAME])


class InvitationIn(_In):
    """Who is to join, and as what."""

    email: EmailField
    role: MemberRole = Field(examples=[Role.ORGANIZER])


class AcceptanceIn(_In):
    """An invitation's link was followed."""

    token: LinkToken


class OrganizationOut(BaseModel):
    """An organization, and what the one who asks is there."""

    organization_id: UUID = Field(examples=[_ORGANIZATION_ID])
    name: str = Field(examples=[_NAME])
    created_at: datetime
    roles: RolesField

    @classmethod
    def of(cls, organization: Organization, roles: frozenset[Role] = frozenset()) -> Self:
        """The organization, as shown to somebody with those roles in it."""
        return cls(
            organization_id=organization.organization_id,
            name=organization.name,
            created_at=organization.created_at,
            roles=sorted(roles),
        )


class MemberOut(BaseModel):
    """A member, as organizers see them."""

    account_id: UUID = Field(examples=[_ACCOUNT_ID])
    email: str = Field(examples=["ada@example.org"])
    name: str | None = Field(examples=["Ada Lovelace"])
    roles: RolesField
    since: datetime

    @classmethod
    def of(cls, member: Member) -> Self:
        """The member, as shown."""
        return cls(
            account_id=member.account_id,
            email=member.email,
            name=member.name,
            roles=sorted(member.roles),
            since=member.since,
        )


class InvitedOut(BaseModel):
    """The invitation that is open now; the same whether or not the e-mail is registered."""

    # Without the e-mail: stored answers of one person hold nothing of another.
    invitation_id: UUID = Field(examples=[_INVITATION_ID])
    role: Role = Field(examples=[Role.ORGANIZER])
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        """The invitation, as answered."""
        return cls(
            invitation_id=invitation.invitation_id, role=invitation.role, expires_at=invitation.expires_at
        )


class InvitationOut(InvitedOut):
    """An open invitation in the list."""

    email: str = Field(examples=["ada@example.org"])
    created_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        """The invitation, as listed."""
        return cls(
            invitation_id=invitation.invitation_id,
            role=invitation.role,
            expires_at=invitation.expires_at,
            email=invitation.email,
            created_at=invitation.created_at,
        )
