"""What a buyer who cancels gets back: pure sums, in minor units of one currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

ALL_PERCENT = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundPolicy:
    """As the organizer set it: all back before `full_until`, then `part_percent` of it before
    `part_until`, then nothing. None: there is no such time.

    `fee_minor` of each ticket's price is a fee; unless it is refunded, it is kept in any case.
    """

    full_until: datetime | None
    part_until: datetime | None
    part_percent: int
    fee_minor: int
    fee_refunded: bool

    def percent_at(self, now: datetime) -> int:
        """How much of what may be refunded is refunded at `now`."""
        if self.full_until is not None and now < self.full_until:
            return ALL_PERCENT
        if self.part_until is not None and now < self.part_until:
            return self.part_percent
        return 0

    def next_change_after(self, now: datetime) -> datetime | None:
        """When `percent_at` is another one; None when it stays as it is."""
        ends = (end for end in (self.full_until, self.part_until) if end is not None and end > now)
        return min(ends, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundShare:
    """What goes back of a price, and what is kept of it as a fee: together the price."""

    refund_minor: int
    fee_minor: int

    def __add__(self, other: Self) -> "RefundShare":
        return RefundShare(
            refund_minor=self.refund_minor + other.refund_minor, fee_minor=self.fee_minor + other.fee_minor
        )


NOTHING = RefundShare(refund_minor=0, fee_minor=0)


def refund_of(prices_minor: Iterable[int], *, policy: RefundPolicy | None, now: datetime) -> RefundShare:
    """Share out the prices of some tickets of one event, each rounded by itself: half a unit goes back.

    Without a policy everything goes back. Tickets cancelled one by one, or all at once, at the same
    moment, come to the same sum.
    """
    return sum((_share(price, policy, now) for price in prices_minor), NOTHING)


def _share(price_minor: int, policy: RefundPolicy | None, now: datetime) -> RefundShare:
    if policy is None:
        return RefundShare(refund_minor=price_minor, fee_minor=0)
    kept_minor = 0 if policy.fee_refunded else min(policy.fee_minor, price_minor)
    refundable_minor = price_minor - kept_minor
    refund_minor = (refundable_minor * policy.percent_at(now) + ALL_PERCENT // 2) // ALL_PERCENT
    return RefundShare(refund_minor=refund_minor, fee_minor=price_minor - refund_minor)
