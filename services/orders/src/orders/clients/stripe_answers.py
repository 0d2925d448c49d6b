"""What Stripe says, put into our words: its Checkout Sessions are payments, Payment Intents captures.

Stripe writes currencies in lower case. A session names its intent, or has it whole ("expanded") where
we asked for that; a notice always only names it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from orders.clients.payment_provider import (
    Capture,
    ProviderPayment,
    ProviderPaymentState,
    ProviderRefund,
    ProviderRefundState,
)
from orders.clients.provider_answers import OurId, ProviderAnswer
from orders.domain.order import Money

REFUND_ID, ATTEMPT = "refund_id", "attempt"
"""Names under which Stripe keeps what we tell it about a refund, in its metadata."""

Currency = Annotated[str, AfterValidator(str.upper)]

_INTENT_OVER = ("requires_payment_method", "canceled")
_REFUND_STATES = {
    "pending": ProviderRefundState.PENDING,
    "requires_action": ProviderRefundState.PENDING,
    "succeeded": ProviderRefundState.SUCCEEDED,
    "failed": ProviderRefundState.FAILED,
    "canceled": ProviderRefundState.FAILED,
}


class Charge(ProviderAnswer):
    created: datetime


class Intent(ProviderAnswer):
    id: str
    status: str
    amount_received: int = 0
    currency: Currency
    latest_charge: Charge | str | None = None
    last_payment_error: dict[str, Any] | None = Field(default=None, repr=False)


class Session(ProviderAnswer):
    id: str
    created: datetime
    status: Literal["open", "complete", "expired"]
    payment_status: Literal["paid", "unpaid", "no_payment_required"]
    # A session without money, of another use of the account, has neither.
    amount_total: int | None = None
    currency: Currency | None = None
    client_reference_id: OurId = None
    url: str | None = Field(default=None, repr=False)
    payment_intent: Intent | str | None = None

    def payment(self, *, told_at: datetime | None = None, failed: bool = False) -> ProviderPayment:
        """In our words. `told_at`: when a notice told of it; `failed`: that its money did not arrive."""
        state = ProviderPaymentState.FAILED if failed else self._state()
        return ProviderPayment(
            reference=self.id,
            payment_id=self.client_reference_id,
            state=state,
            page_url=self.url if state is ProviderPaymentState.OPEN else None,
            captures=tuple(self._captures(told_at)) if state is ProviderPaymentState.CAPTURED else (),
            declined=self._declined(),
        )

    def _state(self) -> ProviderPaymentState:
        if self.payment_status == "paid":
            return ProviderPaymentState.CAPTURED
        if self.status == "complete":
            intent = self.payment_intent
            over = isinstance(intent, Intent) and intent.status in _INTENT_OVER
            return ProviderPaymentState.FAILED if over else ProviderPaymentState.PROCESSING
        return ProviderPaymentState(self.status)

    def _captures(self, told_at: datetime | None) -> Iterator[Capture]:
        """One, under its intent's name: that is the same for a notice, which has no charge in it."""
        intent = self.payment_intent
        if isinstance(intent, Intent):
            amount = Money(amount_minor=intent.amount_received, currency=intent.currency)
            charge = intent.latest_charge
            captured_at = charge.created if isinstance(charge, Charge) else self.created
            yield Capture(reference=intent.id, amount=amount, captured_at=captured_at)
        elif intent and self.amount_total is not None and self.currency is not None:
            amount = Money(amount_minor=self.amount_total, currency=self.currency)
            yield Capture(reference=intent, amount=amount, captured_at=told_at or self.created)

    def _declined(self) -> bool:
        return isinstance(self.payment_intent, Intent) and self.payment_intent.last_payment_error is not None


class Page(ProviderAnswer):
    """A list, or some of it."""

    data: tuple[dict[str, Any], ...] = Field(repr=False)
    has_more: bool


class RefundMetadata(ProviderAnswer):
    refund_id: OurId = None
    attempt: str | None = None


class Refund(ProviderAnswer):
    id: str
    status: Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
    amount: int
    currency: Currency
    failure_reason: str | None = None
    payment_intent: str | None = None
    metadata: RefundMetadata | None = None

    def refund(self) -> ProviderRefund:
        """In our words."""
        return ProviderRefund(
            reference=self.id,
            refund_id=self.metadata.refund_id if self.metadata else None,
            state=_REFUND_STATES[self.status],
            amount=Money(amount_minor=self.amount, currency=self.currency),
            failure=self.failure_reason,
            capture_reference=self.payment_intent,
        )


class EventData(ProviderAnswer):
    object: dict[str, Any] = Field(repr=False)


class Event(ProviderAnswer):
    """What Stripe calls an event is a Notice here; `object` is the thing it is about."""

    id: str
    type: str
    created: datetime
    data: EventData
