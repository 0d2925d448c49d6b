"""Where the rate limits of this service are counted."""

from accounts.storage.tables import RATE_LIMITS

__all__ = ["RATE_LIMITS"]
