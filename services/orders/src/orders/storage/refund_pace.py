"""How fast refunds go to their provider, counted in the database for all replicas together."""

from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.rate_limits import RateLimit, RateLimits
from orders.storage.tables import RATE_LIMITS_TABLE


class RefundPace:
    """`at_once` refunds, and `per_s` a second in the long run."""

    def __init__(self, db: Database, fingerprints: Fingerprints, *, at_once: int, per_s: float) -> None:
        self._limit = RateLimit("refunds", at_once, per_s)
        self._limits = RateLimits(db, RATE_LIMITS_TABLE, fingerprints)

    async def take(self, provider: str) -> None:
        """Count one call to the provider; raises TooManyRequests when it is not this one's turn yet."""
        await self._limits.take(self._limit, provider)
