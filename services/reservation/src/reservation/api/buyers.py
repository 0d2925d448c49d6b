"""Whom a hold is placed for: a signed-in buyer or a guest; and how often they may ask for one."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from chassis.access import OptionalPrincipal, Principal
from chassis.client_address import client_address
from chassis.idempotency import IdempotentWrite
from chassis.rate_limits import LocalRateLimits, RateLimit
from reservation.api.dependencies import Desk
from reservation.domain.guests import NO_KEY, guest_id
from reservation.domain.wishes import Wish
from reservation.settings import Settings
from reservation.usecases.place_hold import HoldRequest

_ADDRESS = "guest address"
_ROUTE = b"POST\0/api/v1/holds\0"


@dataclass(frozen=True, slots=True)
class HoldRates:
    """How often one buyer and one network address may ask for holds; counted in this process alone."""

    limits: LocalRateLimits
    per_buyer: RateLimit
    per_address: RateLimit

    @classmethod
    def of(cls, settings: Settings) -> "HoldRates":
        """As the settings say."""
        return cls(
            LocalRateLimits(),
            per_buyer=RateLimit.of("holds_per_buyer", settings.holds_per_buyer),
            per_address=RateLimit.of("holds_per_address", settings.holds_per_address),
        )

    async def take(self, *, address: str, buyer_id: str | None) -> None:
        """Count one request. Raises TooManyRequests."""
        await self.limits.take(self.per_address, address)
        if buyer_id is not None:
            await self.limits.take(self.per_buyer, buyer_id)


@dataclass(frozen=True, slots=True)
class HoldBuyer:
    """Who asks for a hold, and under which key; `address` is None for who is signed in."""

    buyer_id: str
    idempotency_key: str
    fingerprint: bytes
    address: str | None

    def request(self, wish: Wish, desk: Desk) -> HoldRequest:
        """What the use case is asked. Guests count by address and event, which nothing in it gives away."""
        if self.address is None:
            counted_as, active_holds_max = self.buyer_id, desk.limits.active_holds_per_buyer_max
        else:
            counted_as = desk.fingerprints.of(_ADDRESS, self.address, str(wish.event_id))
            active_holds_max = desk.limits.active_holds_per_guest_address_max
        return HoldRequest(
            wish=wish,
            buyer_id=self.buyer_id,
            idempotency_key=self.idempotency_key,
            fingerprint=self.fingerprint,
            counted_as=counted_as,
            active_holds_max=active_holds_max,
        )


async def hold_buyer(request: Request, principal: OptionalPrincipal, write: IdempotentWrite) -> HoldBuyer:
    """Raises TooManyRequests, or IdempotencyKeyGuessable for a guest."""
    return await buyer_with_key(request, principal, write.key)


async def buyer_with_key(request: Request, principal: Principal | None, key: str) -> HoldBuyer:
    """The same, for a checked key."""
    address, rates = client_address(request), request.app.state.hold_rates
    await rates.take(address=address, buyer_id=principal.subject if principal else None)
    fingerprint = await _fingerprint(request)
    if principal is None:
        return HoldBuyer(guest_id(key), NO_KEY, fingerprint, address)
    return HoldBuyer(principal.subject, key, fingerprint, None)


async def _fingerprint(request: Request) -> bytes:
    """A plain hash, unlike chassis.idempotency's: nothing in what is asked for is personal."""
    return hashlib.sha256(_ROUTE + request.scope["query_string"] + b"\0" + await request.body()).digest()


Buyer = Annotated[HoldBuyer, Depends(hold_buyer)]
