"""What the routers of this service ask for by annotation."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from accounts.api.key_ring import KeyRing
from accounts.api.limits import Limits
from accounts.clients.passwords import Passwords
from accounts.clients.people import People
from accounts.domain.sessions import SessionLimits, SessionOver
from accounts.settings import Settings
from accounts.usecases.issue_access_token import TokenTerms
from chassis.access import CurrentPrincipal
from chassis.fingerprints import Fingerprints
from chassis.problems import FORBIDDEN, ProblemError
from chassis.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Desk:
    """What one api process keeps between requests."""

    settings: Settings
    sealer: Sealer
    fingerprints: Fingerprints
    passwords: Passwords
    keys: KeyRing
    limits: Limits
    people: People
    token_terms: TokenTerms
    session_limits: SessionLimits


async def desk(request: Request) -> Desk:
    """The process's desk."""
    return request.app.state.desk


AtDesk = Annotated[Desk, Depends(desk)]


@dataclass(frozen=True, slots=True)
class Caller:
    """The account an access token speaks for; the session is missing in tokens of operators."""

    account_id: UUID
    session_id: UUID | None
    authenticated_at: datetime | None

    @property
    def live_session(self) -> UUID:
        """The session, for what must not be done with a token alone. Raises SessionOver."""
        if self.session_id is None:
            raise SessionOver
        return self.session_id


async def caller(principal: CurrentPrincipal) -> Caller:
    """Who asks; 403 for a token that belongs to no account of ours."""
    try:
        account_id = UUID(principal.subject)
        session_id = UUID(principal.session_id) if principal.session_id else None
    except ValueError:
        raise ProblemError(FORBIDDEN, "This access token belongs to no account.") from None
    at = principal.authenticated_at
    return Caller(account_id, session_id, None if at is None else datetime.fromtimestamp(at, UTC))


Me = Annotated[Caller, Depends(caller)]
