"""What the model provider keeps of each payment and refund.

`now` is what it is, `first` what it was at first: that is what asking again under the same id gives,
as real providers replay their first answer.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.clock import utc_now
from orders.clients.payment_provider import ProviderPayment, ProviderPaymentState, ProviderRefund
from orders.domain.order import Money


@dataclass
class ModelPayment:
    """A payment there, and whose it is."""

    now: ProviderPayment
    order_id: UUID
    asked: Money
    closes_at: datetime
    first: ProviderPayment = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.now

    @property
    def is_payable(self) -> bool:
        return self.now.state is ProviderPaymentState.OPEN and utc_now() < self.closes_at


@dataclass
class ModelRefund:
    """A refund there; `key` is our id and the attempt."""

    now: ProviderRefund
    key: tuple[UUID, int]
    capture_reference: str
    first: ProviderRefund = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.now
