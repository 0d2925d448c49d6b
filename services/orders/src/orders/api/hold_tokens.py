"""Reads hold tokens: what reservation signed is believed without asking it."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from chassis.problems import ProblemError, ProblemSpec
from chassis.signing import KeySet, KeySetUnavailable, KeyUnknown, TokenExpired, TokenInvalid, verify
from orders.domain.basket import Fault, HeldSeat, Hold
from orders.settings import Settings

HOLD_TOKEN_TYP = "hold+jwt"  # noqa: S105 -- the name of a kind of token
KEY_RELOAD_EVERY_S = 10.0

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
    """Verifies hold tokens against reservation's public keys, which are read at first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys: KeySet | None = None
        self._loading = asyncio.Lock()

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
        keys = await self._load_keys()
        try:
            return self._verified(token, keys)
        except KeyUnknown:
            if time.monotonic() - keys.loaded_at < KEY_RELOAD_EVERY_S:
                raise
        await asyncio.to_thread(keys.reload)
        return self._verified(token, keys)

    def _verified(self, token: str, keys: KeySet) -> dict[str, Any]:
        issuer, audience = self._settings.hold_token_issuer, self._settings.hold_token_audience
        try:
            return verify(token, keys, HOLD_TOKEN_TYP, audience, issuer)
        except TokenExpired as expired:
            return expired.claims

    async def _load_keys(self) -> KeySet:
        async with self._loading:
            if self._keys is None:
                try:
                    self._keys = await asyncio.to_thread(KeySet.load, self._settings.hold_token_jwks)
                except KeySetUnavailable as error:
                    raise ProblemError(
                        KEYS_UNAVAILABLE, "Try again shortly.", headers={"Retry-After": "2"}
                    ) from error
            return self._keys


def _hold(claims: dict[str, Any]) -> Hold:
    stated = _Claims.model_validate(claims)
    return Hold(
        hold_id=stated.hold_id,
        event_id=stated.event_id,
        expires_at=datetime.fromtimestamp(stated.exp, UTC),
        seats=tuple(HeldSeat(seat_id=seat, price_category=category) for seat, category in stated.seats),
    )
