"""The ledger: every movement of money, written once and never changed."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from orders.domain.order import Money


class LedgerKind(StrEnum):
    """What kind of movement an entry is."""

    CAPTURED = "captured"
    """Money arrived."""
    REFUNDED = "refunded"
    """Money is back with the buyer."""
    FEE = "fee"
    """Of the money that arrived, this is kept although its tickets are not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerCapture:
    """Money that arrived, under the provider's name for it, and how much of it refunds take."""

    payment_id: UUID
    provider: str
    reference: str
    amount: Money
    refund_minor: int

    @property
    def kept(self) -> Money:
        """What no refund was started of."""
        return Money(amount_minor=self.amount.amount_minor - self.refund_minor, currency=self.amount.currency)
