"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from accounts.api.fields import Email, Name, NewPassword, Password, Token
from accounts.domain.account import Account, Rights
from accounts.domain.roles import Role

_LINK_TOKEN = "AZPloPzaflqdXw1sf48aAX1sY2V0b2tlbi1mcm9tLXRoZS1tYWls"  # noqa: S105 -- an example
_REFRESH_TOKEN = "kZ2v0dXcJ8m3qGm1l1Q0v8yJ0x7d5n3f2h9s6a4w1eE"  # noqa: S105 -- as above
_EMAIL = "ada@example.org"
_SESSION_ID = "0192f0c1-8a10-7b62-8f7e-1f2d3c4b5a69"
_ACCOUNT_ID = "0192f0c1-7d57-7c39-9a53-2f6b8f0f5a11"


class _In(BaseModel):
    # An unknown field is refused: a misspelt one must not vanish silently.
    model_config = ConfigDict(extra="forbid")


EmailField = Annotated[Email, Field(examples=[_EMAIL])]
NewPasswordField = Annotated[NewPassword, Field(examples=["three tired owls"])]
PasswordField = Annotated[Password, Field(examples=["three tired owls"])]
LinkToken = Annotated[
    Token, Field(description="What stands behind the `#` of the mailed link", examples=[_LINK_TOKEN])
]


class RegistrationIn(_In):
    """Somebody new, or not: the answer is the same."""

    email: EmailField
    password: NewPasswordField
    name: Name | None = Field(default=None, examples=["Ada Lovelace"])


class EmailIn(_In):
    """Whose mailbox it is about."""

    email: EmailField


class ConfirmationIn(_In):
    """A link was followed."""

    token: LinkToken


class PasswordResetIn(_In):
    """A link was followed, and a new password chosen."""

    token: LinkToken
    new_password: NewPasswordField


class PasswordChangeIn(_In):
    """The password, and the one to come."""

    current_password: PasswordField
    new_password: NewPasswordField


class LoginIn(_In):
    """E-mail and password; `device_name` tells sessions apart in their list."""

    email: EmailField
    password: PasswordField
    device_name: Name | None = Field(default=None, examples=["Firefox on the living room computer"])


class RefreshIn(_In):
    """The refresh token that was given last."""

    refresh_token: Token = Field(examples=[_REFRESH_TOKEN])


class AccountChangeIn(_In):
    """What may be changed: the name; null takes it away."""

    name: Name | None = Field(examples=["Ada King"])


class MailOut(BaseModel):
    """The same for every e-mail there is: what there is to say goes to its mailbox."""

    next: Literal["check_your_mail"] = "check_your_mail"


class VerifiedOut(BaseModel):
    """The account that may log in now."""

    account_id: UUID = Field(examples=[_ACCOUNT_ID])


class SessionOpenedOut(BaseModel):
    """A session's tokens: the access token for a few minutes, the refresh token for the next pair."""

    access_token: str = Field(examples=["eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI…"])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- a type
    expires_in_s: int = Field(examples=[300])
    refresh_token: str = Field(examples=[_REFRESH_TOKEN])
    refresh_expires_at: datetime
    session_id: UUID = Field(examples=[_SESSION_ID])


class SessionOut(BaseModel):
    """One login that goes on; `current` is the one that asks."""

    session_id: UUID = Field(examples=[_SESSION_ID])
    device_name: str | None = Field(examples=["Firefox on the living room computer"])
    authenticated_at: datetime
    last_used_at: datetime
    ends_at: datetime
    current: bool = Field(examples=[True])


class SessionsOut(BaseModel):
    """All of them: their number is bounded by SESSIONS_PER_ACCOUNT_MAX."""

    items: list[SessionOut]


class MembershipOut(BaseModel):
    """Roles held within one organization."""

    organization_id: UUID
    name: str = Field(examples=["Globe Theatre"])
    roles: list[Role]


class AccountOut(BaseModel):
    """One's own account."""

    account_id: UUID = Field(examples=[_ACCOUNT_ID])
    email: str = Field(examples=[_EMAIL])
    name: str | None = Field(examples=["Ada Lovelace"])
    email_verified_at: datetime | None
    created_at: datetime
    roles: list[Role] = Field(description="All roles the account has anywhere")
    organizations: list[MembershipOut]

    @classmethod
    def of(cls, account: Account, rights: Rights, names: dict[UUID, str]) -> Self:
        """`names` of the organizations in `rights`."""
        return cls(
            account_id=account.account_id,
            email=account.email,
            name=account.name,
            email_verified_at=account.email_verified_at,
            created_at=account.created_at,
            roles=sorted(rights.roles),
            organizations=[
                MembershipOut(
                    organization_id=organization_id, name=names[organization_id], roles=sorted(roles)
                )
                for organization_id, roles in sorted(rights.organizations.items())
            ],
        )


class ExportOut(BaseModel):
    """All that is kept about a person; `elsewhere` by service, as each of them gives it."""

    account: AccountOut
    sessions: list[SessionOut]
    elsewhere: dict[str, Any] = Field(examples=[{"orders": {"orders": []}}])


class KeySetOut(BaseModel):
    """A JWKS (RFC 7517)."""

    keys: list[dict[str, Any]] = Field(
        examples=[
            [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                    "kid": "FtIu-VbGrfe_KB6CH7GNwODB72MNxj_ml11dEvO-7kk",
                    "use": "sig",
                    "alg": "EdDSA",
                }
            ]
        ]
    )


class IssuerOut(BaseModel):
    """Authorization server metadata (RFC 8414)."""

    issuer: str = Field(examples=["https://rowlock.local"])
    jwks_uri: str = Field(examples=["http://127.0.0.1:8080/.well-known/jwks.json"])
    service_documentation: str = Field(examples=["http://127.0.0.1:8080/docs/"])
    response_types_supported: list[str] = Field(default=[], examples=[[]])
    grant_types_supported: list[str] = Field(default=[], examples=[[]])


class ContactOut(BaseModel):
    """For notifications."""

    email: str
    name: str | None
