"""Reads hold tokens: what reservation signed is believed without asking it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from chassis.key_source import KeySource
from chassis.problems import ProblemError, ProblemSpec
from chassis.signing import KeySetUnavailable, TokenExpired, TokenInvalid
from orders.domain.basket import Fault, HeldSeat, Hold
from orders.settings import Settings

HOLD_TOKEN_TYP = "hold+jwt"  # noqa: S105 -- the name of a kind of token

KEYS_UNAVAILABLE = ProblemSpec(503, "hold-token-keys-unavailable", "Hold tokens cannot be verified now")


class HoldTokensInvalid(Exception):
    """A hold token is not one that reservation signed for orders."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("a hold token is not one that was given with a hold")


class _Claims(BaseModel):
    hold_id: UUID
    event_id: UUID
    exp: float
    seats: list[tuple[str, str]] = Field(min_length=1)


class HoldTokens:
    """Verifies hold tokens against reservation's public keys."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = KeySource(settings.hold_token_jwks, reload_every_s=settings.jwks_reload_every_s)

    async def holds(self, tokens: Sequence[str]) -> list[Hold]:
        """What the tokens state, in their order; an expired one tells of an expired hold.

        Raises HoldTokensInvalid naming each token that is not good, or ProblemError (503).
        """
        holds, faults = list[Hold](), list[Fault]()
        for index, token in enumerate(tokens):
            try:
                holds.append(_hold(await self._claims(token)))
            except (TokenInvalid, ValidationError) as error:
                rule = str(error) if isinstance(error, TokenInvalid) else "the token states no hold"
                faults.append(Fault(field=f"hold_tokens.{index}", rule=rule))
        if faults:
            raise HoldTokensInvalid(faults)
        return holds

    async def _claims(self, token: str) -> dict[str, Any]:
        audience, issuer = self._settings.hold_token_audience, self._settings.hold_token_issuer
        try:
            return await self._keys.claims(token, HOLD_TOKEN_TYP, audience, issuer)
        except TokenExpired as expired:
            return expired.claims
        except KeySetUnavailable as error:
            raise ProblemError(
                KEYS_UNAVAILABLE, "Try again shortly.", headers={"Retry-After": "2"}
            ) from error


def _hold(claims: dict[str, Any]) -> Hold:
    stated = _Claims.model_validate(claims)
    return Hold(
        hold_id=stated.hold_id,
        event_id=stated.event_id,
        expires_at=datetime.fromtimestamp(stated.exp, UTC),
        seats=tuple(HeldSeat(seat_id=seat, price_category=category) for seat, category in stated.seats),
    )
