"""Whose an order is, and what a caller has shown to prove a right to it.

Who has no right to an order is told what anybody is told about an order that does not exist.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderOwner:
    """A buyer with an account, or a guest with an order access token; neither once it was erased."""

    buyer_id: str | None = None
    access_token_sha256: bytes | None = None
    access_generation: int = 0
    """Which of the tokens that can be derived from the order is its token; the ones before are void."""

    @property
    def is_guest(self) -> bool:
        return self.access_token_sha256 is not None

    @property
    def is_nobody(self) -> bool:
        return self.buyer_id is None and self.access_token_sha256 is None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRight:
    """What a caller has shown: who they are, that they are an operator, an order access token."""

    buyer_id: str | None = None
    is_operator: bool = False
    access_token_sha256: bytes | None = None

    def may_change(self, owner: OrderOwner) -> bool:
        """Its buyer may, and whoever bears its token."""
        is_buyer = self.buyer_id is not None and self.buyer_id == owner.buyer_id
        return is_buyer or self._bears_token_of(owner)

    def may_read(self, owner: OrderOwner) -> bool:
        """Whoever may change it, and operators."""
        return self.is_operator or self.may_change(owner)

    def _bears_token_of(self, owner: OrderOwner) -> bool:
        shown, known = self.access_token_sha256, owner.access_token_sha256
        return shown is not None and known is not None and hmac.compare_digest(shown, known)


def access_token_sha256(token: str) -> bytes:
    """What is stored of an order access token; `token` may be anything somebody sent."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def key_scope_of_holds(hold_ids: Iterable[UUID]) -> str:
    """Whose Idempotency-Keys a guest's are who places an order of these holds."""
    return f"hold:{min(hold_ids)}"


def key_scope_of_token(order_id: UUID, token_sha256: bytes) -> str:
    """Whose Idempotency-Keys those are of whoever bears this token of an order."""
    return f"order:{order_id}:{token_sha256.hex()}"


def key_scope_of_lookups(email_fingerprint: str) -> str:
    """Whose Idempotency-Keys those are of whoever asks for the links to an e-mail's orders."""
    return f"lookup:{email_fingerprint}"


def key_scope_of_payments(order_id: UUID) -> str:
    """Whose Idempotency-Keys those are of operators who record a payment: their answer tells of its
    buyer, and must be found when the buyer is erased.
    """
    return f"payments:{order_id}"
