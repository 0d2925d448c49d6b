"""Hold tokens: a hold, its seats and its expiry, signed, so that orders need not ask us.

The same hold in the same condition always gets the same token (EdDSA signatures are
deterministic, and no time of issue is in it), so a replayed answer equals the first one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.signing import KeySet, SigningKey, TokenExpired, TokenInvalid, sign, verify
from reservation.domain.geometry import SeatLabel
from reservation.domain.holds import Hold

HOLD_TOKEN_TYP = "hold+jwt"  # noqa: S105 -- a type, not a secret


@dataclass(frozen=True, slots=True)
class HoldTokens:
    """Signs and recognises the tokens of this service."""

    key: SigningKey
    key_set: KeySet
    issuer: str
    audience: str

    @classmethod
    def load(cls, path: str, *, issuer: str, audience: str) -> "HoldTokens":
        """Read the private key (JWK) at `path`; OSError or ValueError when it is not there."""
        key = SigningKey.load(path)
        return cls(key, key.key_set(), issuer, audience)

    def sign(self, hold: Hold, seats: Sequence[SeatLabel]) -> str:
        """The token of an active hold; `exp` is its expiry, rounded down to the second."""
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "jti": f"{hold.hold_id}.{hold.renewals}.{len(seats)}",
            "sub": hold.buyer_id,
            "exp": int(hold.expires_at.timestamp()),
            "hold_id": str(hold.hold_id),
            "event_id": str(hold.event_id),
            "seats": [[seat.seat_id, seat.price_category] for seat in seats],
        }
        return sign(claims, self.key, HOLD_TOKEN_TYP)

    def hold_id(self, token: str) -> UUID:
        """The hold a token names, which it does even when expired or replaced. Raises TokenInvalid."""
        try:
            claims = verify(token, self.key_set, HOLD_TOKEN_TYP, self.audience, self.issuer)
        except TokenExpired as expired:
            claims = expired.claims
        try:
            return UUID(claims["hold_id"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TokenInvalid("the token names no hold") from error
