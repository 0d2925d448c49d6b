"""What a buyer gets back who cancels: in full until one time, in part until a later one, then nothing."""

from dataclasses import dataclass
from datetime import datetime

from catalog.domain import event_errors as errors

PART_PERCENT_MAX = 100
FEE_MINOR_MAX = 100_000_000
"""As a price: a million of most currencies."""


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """Both times are ends: at `full_until` itself it is the part. None: there is no such time.

    `fee_minor` is the part of each ticket's price that is a fee. If it is not refunded, it is kept in
    every cancellation by a buyer, and only the rest goes back in full or in part. When the organizer
    cancels the event everything goes back, whatever stands here.
    """

    full_until: datetime | None
    part_until: datetime | None
    part_percent: int
    fee_minor: int
    fee_refunded: bool


def check_refund_policy(policy: RefundPolicy, *, starts_at: datetime) -> None:
    """Raises the EventTermsInvalid of the first broken rule."""
    if policy.full_until and policy.part_until and policy.part_until <= policy.full_until:
        raise errors.PartRefundsEndBeforeFullOnes
    if any(until and until > starts_at for until in (policy.full_until, policy.part_until)):
        raise errors.RefundsAfterStart
    if not 0 <= policy.part_percent <= PART_PERCENT_MAX:
        raise errors.RefundPercentOutOfBounds(highest=PART_PERCENT_MAX)
    if not 0 <= policy.fee_minor <= FEE_MINOR_MAX:
        raise errors.FeeOutOfBounds(highest_minor=FEE_MINOR_MAX)
