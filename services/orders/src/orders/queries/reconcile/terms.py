"""What a comparison is told: the time it is, and how long things may take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

BEFORE_ALL_IDS = UUID(int=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """`now`, and durations in seconds."""

    now: datetime
    look_back_s: float
    """Payments and refunds begun before that are not asked of the provider any more."""
    settle_s: float
    """What moved since then may not have reached both sides yet: it is under way, and no difference."""
    stuck_s: float
    """A payment, an order or a cancelled event that should have moved this long ago is stuck."""
    refund_stuck_s: float
    """The same for a refund, which people or banks may take days for."""

    @property
    def since(self) -> datetime:
        return self.now - timedelta(seconds=self.look_back_s)

    @property
    def settled_before(self) -> datetime:
        return self.now - timedelta(seconds=self.settle_s)
