"""What the routers of this service ask for by annotation."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from chassis.access import OptionalPrincipal
from chassis.fingerprints import Fingerprints
from chassis.problems import UNAUTHENTICATED, ProblemError
from chassis.signing import TokenInvalid
from reservation.api.hold_tokens import HoldTokens
from reservation.api.problems import HOLD_TOKEN_INVALID
from reservation.domain.holds import HoldLimits
from reservation.storage.seat_views import SeatViews
from reservation.usecases.ownership import HoldOwner
from reservation.usecases.place_hold import HoldPlacer


@dataclass(frozen=True, slots=True)
class Desk:
    """What one api process keeps between requests."""

    views: SeatViews
    placer: HoldPlacer
    tokens: HoldTokens
    limits: HoldLimits
    fingerprints: Fingerprints


async def desk(request: Request) -> Desk:
    """The process's desk."""
    return request.app.state.desk


HOLD_TOKEN = APIKeyHeader(
    name="Hold-Token",
    scheme_name="holdToken",
    description="Token of the hold, as given with it; its bearer owns the hold",
    auto_error=False,
)


async def hold_owner(
    request: Request,
    principal: OptionalPrincipal,
    token: Annotated[str | None, Security(HOLD_TOKEN)],
) -> HoldOwner:
    """What the caller proved about holds; 401 for nothing at all or a forged token."""
    if token is None:
        if principal is None:
            raise ProblemError(
                UNAUTHENTICATED,
                "Send the Hold-Token of the hold, or sign in.",
                headers={"WWW-Authenticate": 'Bearer realm="rowlock"'},
            )
        return HoldOwner(buyer_id=principal.subject)
    tokens: HoldTokens = request.app.state.desk.tokens
    try:
        hold_id = tokens.hold_id(token)
    except TokenInvalid as error:
        raise ProblemError(HOLD_TOKEN_INVALID, f"Hold token refused: {error}.") from error
    return HoldOwner(buyer_id=principal.subject if principal else None, token_hold_id=hold_id)


DeskOf = Annotated[Desk, Depends(desk)]
Owner = Annotated[HoldOwner, Depends(hold_owner)]
