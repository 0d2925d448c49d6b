"""A payment provider in plain Python: keeps what it was told, does what a test wants, and counts faults.

It answers as the port says, idempotently by our ids. What nobody may ever ask of a provider (more back
than was captured, a payment anew with another amount, anything from within a transaction) it writes
down in `faults` and refuses.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders.clients.payment_provider import (
    Notice,
    NoticeForged,
    ProviderPayment,
    ProviderPaymentState,
    ProviderRefund,
    ProviderRefundState,
    ProviderRefused,
)
from orders.domain.order import Money
from support.money.bank import ModelBank
from support.money.kept import ModelPayment, ModelRefund
from support.money.trouble import Trouble

SIGNED = {"model-signature": "of the model", "content-type": "application/json"}
"""Headers of its notices."""
GOES_BACK = (ProviderRefundState.PENDING, ProviderRefundState.SUCCEEDED)


@dataclass
class ModelProvider(ModelBank):
    """The provider called `model`; a PaymentProvider."""

    name: str = "model"

    async def create_payment(
        self,
        *,
        payment_id: UUID,
        order_id: UUID,
        amount: Money,
        description: str,
        expires_at: datetime,
        return_url: str,
    ) -> ProviderPayment:
        with self._asked("create_payment"):
            known = self._of(payment_id)
            if known is None:
                return self._open(self._page(payment_id, order_id, amount, expires_at)).now
            if (known.order_id, known.asked) != (order_id, amount):
                self._fault(f"another payment under the id of {known}")
            return known.first

    async def find_payment(self, *, reference: str) -> ProviderPayment | None:
        with self._asked("find_payment"):
            found = self.payments.get(reference)
            return found and found.now

    async def find_payment_of(self, *, payment_id: UUID) -> ProviderPayment | None:
        with self._asked("find_payment_of"):
            found = self._of(payment_id)
            return found and found.now

    async def close_payment(self, *, reference: str) -> ProviderPayment:
        with self._asked("close_payment"):
            if (payment := self.payments.get(reference)) is None:
                raise ProviderRefused("unknown_payment")
            if payment.now.state is ProviderPaymentState.OPEN:
                self.expire(reference)
            return payment.now

    async def refund(
        self, *, refund_id: UUID, attempt: int, capture_reference: str, amount: Money
    ) -> ProviderRefund:
        with self._asked("refund"):
            for known in self.refunds.values():
                if known.key == (refund_id, attempt):
                    return known.first
            self._check_refund(refund_id, capture_reference, amount)
            return self._start_refund((refund_id, attempt), capture_reference, amount).now

    async def find_refund(self, *, reference: str) -> ProviderRefund | None:
        with self._asked("find_refund"):
            found = self.refunds.get(reference)
            return found and found.now

    async def find_refunds_of(self, *, capture_reference: str) -> Sequence[ProviderRefund]:
        with self._asked("find_refunds_of"):
            return [made.now for made in self.refunds.values() if made.capture_reference == capture_reference]

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        if headers.get("model-signature") != SIGNED["model-signature"]:
            raise NoticeForged
        notice_id = json.loads(body)["notice_id"]
        return next(notice for notice in self.sent if notice.notice_id == notice_id)

    async def payments_since(self, *, since: datetime) -> AsyncIterator[ProviderPayment]:
        with self._asked("payments_since"):
            shown = [payment.now for payment in self.payments.values()]
        for payment in shown:
            yield payment

    async def refunds_since(self, *, since: datetime) -> AsyncIterator[ProviderRefund]:
        with self._asked("refunds_since"):
            shown = [made.now for made in self.refunds.values()]
        for refund in shown:
            yield refund

    async def close(self) -> None:
        """Nothing is open."""

    def _asked(self, name: str) -> Trouble:
        if self.transactions_open():
            self._fault(f"{name} was called within a transaction")
        return self.trouble

    def _of(self, payment_id: UUID) -> ModelPayment | None:
        return next((made for made in self.payments.values() if made.now.payment_id == payment_id), None)

    def _page(self, payment_id: UUID, order_id: UUID, amount: Money, expires_at: datetime) -> ModelPayment:
        reference = self._name("pay")
        now = ProviderPayment(
            reference=reference,
            payment_id=payment_id,
            state=ProviderPaymentState.OPEN,
            page_url=f"http://model/{reference}",
        )
        return ModelPayment(now, order_id, amount, closes_at=expires_at)

    def _check_refund(self, refund_id: UUID, capture_reference: str, amount: Money) -> None:
        capture = next((c for _, c in self.captures() if c.reference == capture_reference), None)
        if capture is None or capture.amount.currency != amount.currency:
            self._fault(f"a refund of {amount} of {capture_reference}, which is {capture}")
        left = capture.amount.amount_minor - self.refunded_minor(capture_reference, *GOES_BACK)
        if amount.amount_minor > left:
            self._fault(f"a refund of {amount} where {left} are left ({refund_id})")

    def _start_refund(self, key: tuple[UUID, int], capture_reference: str, amount: Money) -> ModelRefund:
        failed = self.refund_becomes is ProviderRefundState.FAILED
        now = ProviderRefund(
            reference=self._name("ref"),
            refund_id=key[0],
            state=self.refund_becomes,
            amount=amount,
            failure="try again" if failed else None,
            capture_reference=capture_reference,
        )
        self.refunds[now.reference] = ModelRefund(now, key, capture_reference)
        return self.refunds[now.reference]
