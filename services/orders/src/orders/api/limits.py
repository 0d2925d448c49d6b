"""How often an address or an e-mail may do what costs others something. All replicas share the counts."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from chassis.client_address import client_address
from chassis.rate_limits import RateLimit, RateLimits
from orders.settings import Settings


class Limits:
    """The limits of this service, as its settings say. Each raises TooManyRequests when it is used up."""

    def __init__(self, settings: Settings, rate_limits: RateLimits) -> None:
        self._rate_limits = rate_limits
        self._wrong_token = RateLimit.of("wrong-order-token/address", settings.wrong_order_tokens_per_address)
        self._lookup_address = RateLimit.of("order-lookup/address", settings.order_lookups_per_address)
        self._correction = RateLimit.of("attendee-correction/order", settings.attendee_corrections_per_order)
        self._lookup_email = RateLimit.of("order-lookup/email", settings.order_lookups_per_email)

    async def wrong_token(self, request: Request) -> None:
        """Count a token that opened nothing. A right one is never counted, nor refused for others' wrongs."""
        await self._rate_limits.take(self._wrong_token, client_address(request))

    async def correction(self, order_id: UUID, *, key_scope: str) -> None:
        """Count a caller's correction of an order, done or refused: else who has tickets could be tried out.

        By caller too, so that nobody uses up what the right one may.
        """
        await self._rate_limits.take(self._correction, f"{order_id} {key_scope}")

    async def lookup(self, request: Request, *, email_fingerprint: str) -> None:
        """Count a request for links, whether or not there are any to send."""
        await self._rate_limits.take(self._lookup_address, client_address(request))
        await self._rate_limits.take(self._lookup_email, email_fingerprint)


async def limits(request: Request) -> Limits:
    """The process's limits."""
    return request.app.state.limits


LimitsOf = Annotated[Limits, Depends(limits)]
