"""Makes access tokens (RFC 9068): who it is and what they may do, for a few minutes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.domain.roles import Role
from accounts.usecases.open_session import OpenSession
from chassis.ids import new_id
from chassis.signing import SigningKey, sign

ACCESS_TOKEN_TYP = "at+jwt"  # noqa: S105 -- a type, not a secret
FIRST_PARTY = "rowlock"
"""`client_id` of tokens that a person got by logging in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenTerms:
    """What all access tokens have in common."""

    issuer: str
    audience: str
    lifetime_s: int


def issue_access_token(opened: OpenSession, *, terms: TokenTerms, key: SigningKey, now: datetime) -> str:
    """The access token of a session."""
    return sign_claims(
        str(opened.session.account_id),
        roles=opened.rights.roles,
        organizations=opened.rights.organizations,
        terms=terms,
        key=key,
        now=now,
        client_id=FIRST_PARTY,
        sid=str(opened.session.session_id),
        auth_time=int(opened.session.authenticated_at.timestamp()),
        email_fingerprint=opened.email_fingerprint,
    )


def sign_claims(
    subject: str,
    *,
    roles: Collection[Role],
    organizations: Mapping[UUID, Collection[Role]],
    terms: TokenTerms,
    key: SigningKey,
    now: datetime,
    **claims: Any,
) -> str:
    """A token for `subject` with those roles, and those within organizations; `claims` are added."""
    standard = {
        "iss": terms.issuer,
        "aud": terms.audience,
        "sub": subject,
        "jti": str(new_id()),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=terms.lifetime_s)).timestamp()),
        "roles": sorted(roles),
        "organizations": {str(key): sorted(held) for key, held in organizations.items()},
    }
    return sign(standard | claims, key, ACCESS_TOKEN_TYP)
