"""What the payment sandbox says, put into our words."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from orders.clients.payment_provider import (
    Capture,
    ProviderPayment,
    ProviderPaymentState,
    ProviderRefund,
    ProviderRefundState,
)
from orders.clients.provider_answers import OurId, ProviderAnswer
from orders.domain.order import Money


class CaptureAnswer(ProviderAnswer):
    capture_id: str
    amount_minor: int = Field(gt=0)
    currency: str
    captured_at: datetime

    def capture(self) -> Capture:
        """In our words."""
        amount = Money(amount_minor=self.amount_minor, currency=self.currency)
        return Capture(reference=self.capture_id, amount=amount, captured_at=self.captured_at)


class PaymentAnswer(ProviderAnswer):
    payment_id: str
    state: Literal["open", "processing", "captured", "expired"]
    merchant_reference: OurId = None
    page_url: str | None = Field(default=None, repr=False)
    declined: bool = False
    captures: tuple[CaptureAnswer, ...] = ()

    def payment(self) -> ProviderPayment:
        """In our words; a page is named only while it can be paid at."""
        state = ProviderPaymentState(self.state)
        return ProviderPayment(
            reference=self.payment_id,
            payment_id=self.merchant_reference,
            state=state,
            page_url=self.page_url if state is ProviderPaymentState.OPEN else None,
            captures=tuple(each.capture() for each in self.captures),
            declined=self.declined,
        )


class RefundAnswer(ProviderAnswer):
    refund_id: str
    capture_id: str
    state: Literal["pending", "succeeded", "failed"]
    amount_minor: int = Field(gt=0)
    currency: str
    merchant_reference: OurId = None
    failure_reason: str | None = None

    def refund(self) -> ProviderRefund:
        """In our words."""
        return ProviderRefund(
            reference=self.refund_id,
            refund_id=self.merchant_reference,
            state=ProviderRefundState(self.state),
            amount=Money(amount_minor=self.amount_minor, currency=self.currency),
            failure=self.failure_reason,
            capture_reference=self.capture_id,
        )


class PaymentsPage(ProviderAnswer):
    items: tuple[PaymentAnswer, ...]
    next_cursor: str | None = None


class RefundsPage(ProviderAnswer):
    items: tuple[RefundAnswer, ...]
    next_cursor: str | None = None


class NoticeBody(ProviderAnswer):
    """`data` is a payment or a refund, by the first word of `type`."""

    type: str
    data: dict[str, Any]
