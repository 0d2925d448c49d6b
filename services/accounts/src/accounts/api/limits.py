"""How often one network address, and one identity, may ask for what costs or tells something.

The address is asked first: a flood from one address must not use up somebody else's e-mail.
"""

from fastapi import Request

from accounts.settings import Settings
from chassis.client_address import client_address
from chassis.rate_limits import RateLimit, RateLimits


class Limits:
    """Every limit of this service."""

    def __init__(self, settings: Settings, limits: RateLimits) -> None:
        self._limits = limits
        self._by_address = {
            "login": settings.logins_per_address,
            "registration": settings.registrations_per_address,
            "email verification": settings.email_verifications_per_address,
            "password reset": settings.password_resets_per_address,
            "refresh": settings.refreshes_per_address,
            "confirmation": settings.confirmations_per_address,
        }
        self._by_identity = {
            "login": settings.logins_per_email,
            "registration": settings.registrations_per_email,
            "email verification": settings.email_verifications_per_email,
            "password reset": settings.password_resets_per_email,
            "invitation": settings.invitations_per_organization,
            "invited": settings.invitations_per_email,
            "password change": settings.password_changes_per_account,
        }

    async def take(self, what: str, request: Request | None = None, *, identity: str | None = None) -> None:
        """Count one `what` (`login`, …) of the request's address, then of `identity`: an e-mail's
        fingerprint, an account's id or an organization's. Raises TooManyRequests.
        """
        if request is not None:
            limit = RateLimit.of(f"{what} by address", self._by_address[what])
            await self._limits.take(limit, client_address(request))
        if identity is not None:
            limit = RateLimit.of(f"{what} by identity", self._by_identity[what])
            await self._limits.take(limit, identity)
