"""Order access tokens: what a guest shows instead of an account, for one order alone.

A token is derived from its order by a keyed HMAC (256 bits), so that a mail can carry it again
though nothing but its hash is stored. To revoke it is to go on to the next generation: that one
nobody knows until a mail to the order's contact tells it.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from chassis.fingerprints import Fingerprints
from orders.domain.order import Order
from orders.domain.rights import (
    OrderOwner,
    access_token_sha256,
    key_scope_of_holds,
    key_scope_of_payments,
    key_scope_of_token,
)

PURPOSE = "order access token"


@dataclass(frozen=True, slots=True)
class OrderAccessTokens:
    """Derives the tokens of orders under the lookup key."""

    fingerprints: Fingerprints

    def token(self, order_id: UUID, *, generation: int = 0) -> str:
        """The token: 43 characters of base64url."""
        digest = self.fingerprints.digest(PURPOSE, order_id.bytes, str(generation).encode())
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def guest(self, order_id: UUID, *, generation: int = 0) -> OrderOwner:
        """The owner of an order who bears this token and no account."""
        token = self.token(order_id, generation=generation)
        return OrderOwner(access_token_sha256=access_token_sha256(token), access_generation=generation)

    def key_scopes(self, order: Order) -> set[str]:
        """Every scope under which an answer about this order may be stored, but that of its account."""
        tokens = (
            self.token(order.order_id, generation=generation)
            for generation in range(order.owner.access_generation + 1)
        )
        return {
            key_scope_of_holds(hold.hold_id for hold in order.holds),
            key_scope_of_payments(order.order_id),
            *(key_scope_of_token(order.order_id, access_token_sha256(token)) for token in tokens),
        }
