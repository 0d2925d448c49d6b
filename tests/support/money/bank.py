"""What happens at the model provider without our asking, and what it believes."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NoReturn
from uuid import UUID

from chassis.clock import utc_now
from orders.clients.payment_provider import (
    Capture,
    Notice,
    ProviderPayment,
    ProviderPaymentState,
    ProviderRefund,
    ProviderRefundState,
    ProviderRefused,
)
from orders.domain.order import Money
from support.money.kept import ModelPayment, ModelRefund
from support.money.trouble import Trouble


@dataclass
class ModelBank:
    """Payments, refunds and the notices that told of them; `trouble` is for the calls to come."""

    transactions_open: Callable[[], int] = lambda: 0
    """How many transactions whoever asks us something is within: none."""
    trouble: Trouble = field(default_factory=Trouble)
    payments: dict[str, ModelPayment] = field(default_factory=dict[str, ModelPayment])
    refunds: dict[str, ModelRefund] = field(default_factory=dict[str, ModelRefund])
    refund_becomes: ProviderRefundState = ProviderRefundState.SUCCEEDED
    """What a new refund is at first."""
    sent: list[Notice] = field(default_factory=list[Notice])
    """Every notice, the oldest first; each tells what was true when it was sent."""
    faults: list[str] = field(default_factory=list[str])
    """What it was asked that nobody may ever ask."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def forget(self) -> None:
        """Begin anew: nobody ever paid."""
        self.trouble.end()
        self.refund_becomes = ProviderRefundState.SUCCEEDED
        for kept in (self.payments, self.refunds, self.sent, self.faults):
            kept.clear()

    # What buyers, banks and time do

    def capture(self, reference: str, amount: Money) -> None:
        """Money arrives for a payment, whatever state it was in; it may be the second time."""
        payment = self.payments[reference]
        capture = Capture(reference=self._name("cap"), amount=amount, captured_at=utc_now())
        self._becomes(
            payment,
            "payment.captured",
            state=ProviderPaymentState.CAPTURED,
            captures=(*payment.now.captures, capture),
        )

    def process(self, reference: str) -> None:
        """The buyer paid; the money is on its way. No notice tells."""
        payment = self.payments[reference]
        payment.now = replace(payment.now, state=ProviderPaymentState.PROCESSING)

    def decline(self, reference: str) -> None:
        """The attempt is refused; the page stays open for another."""
        self._becomes(self.payments[reference], "payment.declined", declined=True)

    def expire(self, reference: str) -> None:
        """The page closes by its own time."""
        self._becomes(self.payments[reference], "payment.expired", state=ProviderPaymentState.EXPIRED)

    def fail(self, reference: str) -> None:
        """The money that was on its way does not arrive."""
        self._becomes(self.payments[reference], "payment.failed", state=ProviderPaymentState.FAILED)

    def tell_again(self, reference: str) -> None:
        """One more notice of what is so already."""
        self._tell("payment.captured", payment=self.payments[reference].now)

    def settle_refund(self, reference: str, *, failure: str | None = None) -> None:
        """A pending refund succeeds, or fails with `failure`."""
        made = self.refunds[reference]
        state = ProviderRefundState.FAILED if failure else ProviderRefundState.SUCCEEDED
        made.now = replace(made.now, state=state, failure=failure)
        self._tell("refund.failed" if failure else "refund.succeeded", refund=made.now)

    # What it believes

    def captures(self) -> Iterable[tuple[UUID, Capture]]:
        """Every capture with the order it was for."""
        return ((paid.order_id, capture) for paid in self.payments.values() for capture in paid.now.captures)

    def refunded_minor(self, capture_reference: str, *states: ProviderRefundState) -> int:
        """How much of a capture went back, or is on its way, by refunds in `states`."""
        made = (made.now for made in self.refunds.values() if made.capture_reference == capture_reference)
        return sum(refund.amount.amount_minor for refund in made if refund.state in states)

    def body_of(self, notice: Notice) -> bytes:
        """What is delivered of a notice."""
        return json.dumps({"notice_id": notice.notice_id}).encode()

    # Inside

    def _open(self, payment: ModelPayment) -> ModelPayment:
        return self.payments.setdefault(payment.now.reference, payment)

    def _becomes(self, payment: ModelPayment, kind: str, **changes: object) -> None:
        payment.now = replace(payment.now, **changes)
        self._tell(kind, payment=payment.now)

    def _tell(
        self, kind: str, *, payment: ProviderPayment | None = None, refund: ProviderRefund | None = None
    ) -> None:
        notice_id = self._name("notice")
        self.sent.append(
            Notice(notice_id=notice_id, kind=kind, sent_at=utc_now(), payment=payment, refund=refund)
        )

    def _name(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers)}"

    def _fault(self, what: str) -> NoReturn:
        self.faults.append(what)
        raise ProviderRefused(what)
