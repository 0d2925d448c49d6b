"""Who is asking: access tokens (RFC 9068) verified offline, and the dependencies that require them.

A router annotates a parameter with `CurrentPrincipal`, `OptionalPrincipal` or
`requires("organizer")`. Roles are words of the services; the chassis only compares them.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request

from chassis.key_source import KeySource
from chassis.problems import FORBIDDEN, UNAUTHENTICATED, ProblemError, ProblemSpec
from chassis.settings import ServiceSettings, words_of
from chassis.signing import KeySet, KeySetUnavailable, TokenInvalid

CACHED_TOKENS_MAX = 10_000
# It is part of keys in the database. OpenID Connect allows as many.
SUBJECT_CHARS_MAX = 255

KEYS_UNAVAILABLE = ProblemSpec(503, "access-keys-unavailable", "Access tokens cannot be verified now")


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller.

    `roles` are all the caller has anywhere; `organizations` those within each organization, by its id.
    `email_fingerprint` (see `fingerprints`) is there when the caller's e-mail address is verified,
    `session_id` and `authenticated_at` (Unix seconds) when the issuer tells them.
    """

    subject: str
    roles: frozenset[str]
    name: str | None = None
    organizations: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    email_fingerprint: str | None = None
    session_id: str | None = None
    authenticated_at: int | None = None

    def organizations_as(self, role: str) -> frozenset[UUID]:
        """The organizations in which the caller has `role`."""
        return frozenset(UUID(key) for key, roles in self.organizations.items() if role in roles)


class _Verified(NamedTuple):
    """Whose a token is, until `expires_at` (Unix seconds) and in that generation of the key set only."""

    principal: Principal
    expires_at: float
    generation: int


class AccessTokens:
    """Verifies access tokens; a verified one is remembered until it expires or the key set changes."""

    def __init__(self, settings: ServiceSettings, keys: KeySet | None = None) -> None:
        self._issuer = settings.access_token_issuer
        self._audience = settings.access_token_audience
        self._types = words_of(settings.access_token_types)
        self._roles_claim = settings.access_token_roles_claim
        self._organizations_claim = settings.access_token_organizations_claim
        self._keys = KeySource(
            settings.access_token_jwks,
            keys,
            reload_every_s=settings.jwks_reload_every_s,
            algorithms=words_of(settings.access_token_algorithms),
        )
        self._verified: OrderedDict[str, _Verified] = OrderedDict()

    async def principal(self, token: str) -> Principal:
        """Raises TokenInvalid or KeySetUnavailable."""
        generation = self._keys.generation  # before verifying: the keys may change meanwhile
        known = self._verified.get(token)
        if known is not None and known.generation == generation and known.expires_at > time.time():
            self._keys.refresh_if_old()  # as verifying would
            self._verified.move_to_end(token)
            return known.principal
        claims = await self._keys.claims(token, self._types, self._audience, self._issuer)
        principal = self._principal_of(claims)
        self._remember(token, _Verified(principal, float(claims["exp"]), generation))
        return principal

    def _remember(self, token: str, verified: _Verified) -> None:
        self._verified[token] = verified
        self._verified.move_to_end(token)
        if len(self._verified) > CACHED_TOKENS_MAX:
            self._verified.popitem(last=False)

    def _principal_of(self, claims: dict[str, Any]) -> Principal:
        subject, roles = claims.get("sub"), _claim(claims, self._roles_claim, [])
        if not isinstance(subject, str) or not isinstance(roles, list):
            raise TokenInvalid("the token names nobody")
        if not 0 < len(subject) <= SUBJECT_CHARS_MAX or "\0" in subject:
            raise TokenInvalid("the token names nobody")
        authenticated_at = claims.get("auth_time")
        return Principal(
            subject,
            frozenset(map(str, roles)),
            name=_text(claims.get("name")),
            organizations=_organizations(_claim(claims, self._organizations_claim, {})),
            email_fingerprint=_text(claims.get("email_fingerprint")),
            session_id=_text(claims.get("sid")),
            authenticated_at=authenticated_at if type(authenticated_at) is int else None,
        )


def _claim(claims: dict[str, Any], name: str, nothing: Any) -> Any:
    """The claim of that name, else what the way `a.b` leads to; `nothing` where it leads nowhere."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        if not isinstance(found, dict) or step not in found:
            return nothing
        found = found[step]
    return found


def _organizations(claim: Any) -> dict[str, frozenset[str]]:
    """Roles by organization id. What another issuer may mean by such a claim is no right of ours."""
    if not isinstance(claim, dict):
        return {}
    return {
        str(UUID(key)): frozenset(map(str, roles))
        for key, roles in claim.items()
        if isinstance(roles, list) and _is_uuid(key)
    }


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _text(claim: Any) -> str | None:
    return claim if isinstance(claim, str) else None


async def optional_principal(request: Request) -> Principal | None:
    """The caller, or None without an Authorization header; a bad token is refused, not ignored."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthenticated("Send `Authorization: Bearer <access token>`.", error="invalid_request")
    tokens: AccessTokens = request.app.state.access_tokens
    try:
        return await tokens.principal(token.strip())
    except TokenInvalid as error:
        raise _unauthenticated(f"Access refused: {error}.", error="invalid_token") from error
    except KeySetUnavailable as error:
        raise ProblemError(KEYS_UNAVAILABLE, "Try again shortly.", headers={"Retry-After": "2"}) from error


async def current_principal(
    principal: Annotated[Principal | None, Depends(optional_principal)],
) -> Principal:
    """The caller; 401 without one."""
    if principal is None:
        raise _unauthenticated("Send `Authorization: Bearer <access token>`.")
    return principal


OptionalPrincipal = Annotated[Principal | None, Depends(optional_principal)]
CurrentPrincipal = Annotated[Principal, Depends(current_principal)]


def requires(*roles: str) -> Callable[..., Any]:
    """A dependency that gives the Principal if it has one of `roles`, else 403:
    `organizer: Annotated[Principal, requires("organizer")]`.
    """

    async def principal_with_role(principal: CurrentPrincipal) -> Principal:
        if principal.roles.isdisjoint(roles):
            raise ProblemError(FORBIDDEN, f"This needs the role {' or '.join(roles)}.")
        return principal

    return Depends(principal_with_role)


def _unauthenticated(detail: str, *, error: str | None = None) -> ProblemError:
    challenge = 'Bearer realm="rowlock"' + (f', error="{error}"' if error else "")
    return ProblemError(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": challenge})
