"""The payment sandbox: a provider for development and tests, with the manners of real ones."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from pydantic import ValidationError
from standardwebhooks import Webhook

from orders.clients import signed_notices
from orders.clients.payment_provider import (
    Notice,
    NoticeUnreadable,
    ProviderPayment,
    ProviderRefund,
    ProviderRefused,
    ProviderUnavailable,
)
from orders.clients.sandbox_answers import (
    NoticeBody,
    PaymentAnswer,
    PaymentsPage,
    RefundAnswer,
    RefundsPage,
)
from orders.clients.sandbox_calls import SandboxCalls, read
from orders.domain.order import Money


class Sandbox:
    """Asks the sandbox at `url`; `timeout_s` is for one whole question with its answer."""

    def __init__(self, *, url: str, api_key: str, notice_secret: str, timeout_s: float) -> None:
        self._calls = SandboxCalls(url=url, api_key=api_key, timeout_s=timeout_s)
        self._webhook = Webhook(notice_secret)

    @property
    def name(self) -> str:
        """See PaymentProvider."""
        return "sandbox"

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
        """See PaymentProvider. The sandbox has no member for the order: the description names it."""
        del order_id
        body = {
            "amount_minor": amount.amount_minor,
            "currency": amount.currency,
            "merchant_reference": str(payment_id),
            "description": description,
            "expires_at": expires_at.isoformat(),
            "return_url": return_url,
        }
        try:
            return _payment(await self._calls.post("/v1/payments", body, key=str(payment_id)))
        except ProviderRefused:
            # The first request may have said another time or page for the same payment: that one counts.
            if known := await self.find_payment_of(payment_id=payment_id):
                return known
            raise

    async def find_payment(self, *, reference: str) -> ProviderPayment | None:
        """See PaymentProvider."""
        found = await self._calls.get(f"/v1/payments/{quote(reference, safe='')}")
        return None if found is None else _payment(found)

    async def find_payment_of(self, *, payment_id: UUID) -> ProviderPayment | None:
        """See PaymentProvider."""
        found = await self._calls.get("/v1/payments", {"merchant_reference": str(payment_id)})
        return next((each.payment() for each in read(PaymentsPage, found).items), None)

    async def close_payment(self, *, reference: str) -> ProviderPayment:
        """See PaymentProvider."""
        return _payment(await self._calls.post(f"/v1/payments/{quote(reference, safe='')}/expiration"))

    async def refund(
        self, *, refund_id: UUID, attempt: int, capture_reference: str, amount: Money
    ) -> ProviderRefund:
        """See PaymentProvider."""
        body = {
            "capture_id": capture_reference,
            "amount_minor": amount.amount_minor,
            "merchant_reference": str(refund_id),
        }
        answer = await self._calls.post("/v1/refunds", body, key=f"{refund_id}.{attempt}")
        return read(RefundAnswer, answer).refund()

    async def find_refund(self, *, reference: str) -> ProviderRefund | None:
        """See PaymentProvider."""
        found = await self._calls.get(f"/v1/refunds/{quote(reference, safe='')}")
        return None if found is None else read(RefundAnswer, found).refund()

    async def find_refunds_of(self, *, capture_reference: str) -> Sequence[ProviderRefund]:
        """See PaymentProvider."""
        pages = self._calls.pages(RefundsPage, "/v1/refunds", {"capture_id": capture_reference})
        return [each.refund() async for page in pages for each in page.items]

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """See PaymentProvider."""
        signed = signed_notices.verify(webhook=self._webhook, headers=headers, body=body, now=now)
        try:
            said = NoticeBody.model_validate_json(body)
            topic = said.type.partition(".")[0]
            return Notice(
                notice_id=signed.notice_id,
                kind=said.type,
                sent_at=signed.sent_at,
                payment=_payment(said.data) if topic == "payment" else None,
                refund=read(RefundAnswer, said.data).refund() if topic == "refund" else None,
            )
        except (ValidationError, ProviderUnavailable):
            raise NoticeUnreadable("its body does not fit") from None

    async def payments_since(self, *, since: datetime) -> AsyncIterator[ProviderPayment]:
        """See PaymentProvider."""
        async for page in self._calls.pages(PaymentsPage, "/v1/payments", {"since": since.isoformat()}):
            for each in page.items:
                yield each.payment()

    async def refunds_since(self, *, since: datetime) -> AsyncIterator[ProviderRefund]:
        """See PaymentProvider."""
        async for page in self._calls.pages(RefundsPage, "/v1/refunds", {"since": since.isoformat()}):
            for each in page.items:
                yield each.refund()

    async def close(self) -> None:
        """See PaymentProvider."""
        await self._calls.close()


def _payment(answer: Any) -> ProviderPayment:
    return read(PaymentAnswer, answer).payment()
