"""Who is asking: access tokens (RFC 9068) verified offline, and the dependencies that require them.

A router annotates a parameter with `CurrentPrincipal`, `OptionalPrincipal` or
`requires("organizer")`. Roles are words of the services; the chassis only compares them.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from chassis.key_source import KeySource
from chassis.problems import FORBIDDEN, UNAUTHENTICATED, ProblemError, ProblemSpec
from chassis.settings import ServiceSettings
from chassis.signing import KeySet, KeySetUnavailable, TokenInvalid

ACCESS_TOKEN_TYP = "at+jwt"  # noqa: S105 -- a type, not a secret
CACHED_TOKENS_MAX = 10_000

KEYS_UNAVAILABLE = ProblemSpec(503, "access-keys-unavailable", "Access tokens cannot be verified now")


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller."""

    subject: str
    roles: frozenset[str]
    name: str | None = None


class AccessTokens:
    """Verifies access tokens; a verified one is remembered until it expires."""

    def __init__(self, settings: ServiceSettings, keys: KeySet | None = None) -> None:
        self._issuer = settings.access_token_issuer
        self._audience = settings.access_token_audience
        self._keys = KeySource(settings.access_token_jwks, keys)
        self._verified: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def principal(self, token: str) -> Principal:
        """Raises TokenInvalid or KeySetUnavailable."""
        known = self._verified.get(token)
        if known is not None and known[0] > time.time():
            self._verified.move_to_end(token)
            return known[1]
        claims = await self._keys.claims(token, ACCESS_TOKEN_TYP, self._audience, self._issuer)
        principal = _principal_of(claims)
        self._remember(token, float(claims["exp"]), principal)
        return principal

    def _remember(self, token: str, expires_at: float, principal: Principal) -> None:
        self._verified[token] = (expires_at, principal)
        self._verified.move_to_end(token)
        if len(self._verified) > CACHED_TOKENS_MAX:
            self._verified.popitem(last=False)


def _principal_of(claims: dict[str, Any]) -> Principal:
    subject, roles, name = claims.get("sub"), claims.get("roles", []), claims.get("name")
    if not isinstance(subject, str) or not subject or not isinstance(roles, list):
        raise TokenInvalid("the token names nobody")
    return Principal(subject, frozenset(map(str, roles)), name if isinstance(name, str) else None)


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
