"""Stripe through its official library: a payment is a Checkout Session, paid once.

What this client takes care of:

* A session lives for half an hour at least, longer than a hold may last by then. So its time is set
  from its `payment_id` (a UUIDv7), which every repetition has alike, and we close it ourselves in time.
* Sessions cannot be searched by our id. They are listed by the time in the `payment_id`.
* Stripe repeats its first answer to an idempotency key for a day, also one of 500. So what it refuses is
  looked for before the refusal is believed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from orders.clients.payment_provider import (
    Notice,
    ProviderPayment,
    ProviderRefund,
    ProviderRefused,
)
from orders.clients.stripe_answers import ATTEMPT, REFUND_ID, RefundMetadata
from orders.clients.stripe_calls import NOTHING_THERE, StripeCalls
from orders.clients.stripe_notices import read_notice
from orders.domain.order import Money

PAGE_LIVES_S: Final = 40 * 60
"""From the payment's own time. Ten minutes more than Stripe asks for, for a first request that failed."""

CREATED_BEFORE_S, CREATED_AFTER_S = 30, 600
"""Around the payment's own time, where its session is looked for: clocks differ, answers get lost."""


class Stripe:
    """Asks the API at `api_base`; `timeout_s` is for one whole question with its answer."""

    def __init__(self, *, api_key: str, api_base: str, notice_secret: str, timeout_s: float) -> None:
        self._calls = StripeCalls(api_key=api_key, api_base=api_base, timeout_s=timeout_s)
        self._notice_secret = notice_secret

    @property
    def name(self) -> str:
        """See PaymentProvider."""
        return "stripe"

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
        """See PaymentProvider; the page lives PAGE_LIVES_S at least."""
        ids = {"payment_id": str(payment_id), "order_id": str(order_id)}
        lives_until = max(expires_at, _begun_at(payment_id) + timedelta(seconds=PAGE_LIVES_S))
        params = {
            "mode": "payment",
            "client_reference_id": str(payment_id),
            "line_items": [_line(amount, description)],
            # Paid in the order's currency, never in one the buyer picks on the page.
            "adaptive_pricing": {"enabled": False},
            "expires_at": int(lives_until.timestamp()),
            "success_url": return_url,
            "cancel_url": return_url,
            "metadata": ids,
            "payment_intent_data": {"metadata": ids},
        }
        try:
            return (await self._calls.create_session(params, key=str(payment_id))).payment()
        except ProviderRefused:
            # The first request may have said another time or page for the same payment: that one counts.
            if known := await self.find_payment_of(payment_id=payment_id):
                return known
            raise

    async def find_payment(self, *, reference: str) -> ProviderPayment | None:
        """See PaymentProvider."""
        try:
            return (await self._calls.session(reference)).payment()
        except ProviderRefused as refusal:
            return _nothing(refusal)

    async def find_payment_of(self, *, payment_id: UUID) -> ProviderPayment | None:
        """See PaymentProvider."""
        begun_s = int(_begun_at(payment_id).timestamp())
        created = {"gte": begun_s - CREATED_BEFORE_S, "lte": begun_s + CREATED_AFTER_S}
        async with aclosing(self._calls.sessions(created=created)) as sessions:
            async for each in sessions:
                if each.client_reference_id == payment_id:
                    return each.payment()
        return None

    async def close_payment(self, *, reference: str) -> ProviderPayment:
        """See PaymentProvider."""
        try:
            return (await self._calls.expire_session(reference)).payment()
        except ProviderRefused:
            # It is over already, or about to be.
            return (await self._calls.session(reference)).payment()

    async def refund(
        self, *, refund_id: UUID, attempt: int, capture_reference: str, amount: Money
    ) -> ProviderRefund:
        """See PaymentProvider."""
        params = {
            "payment_intent": capture_reference,
            "amount": amount.amount_minor,
            "metadata": {REFUND_ID: str(refund_id), ATTEMPT: str(attempt)},
        }
        try:
            return (await self._calls.create_refund(params, key=f"{refund_id}.{attempt}")).refund()
        except ProviderRefused:
            if known := await self._find_attempt(refund_id, attempt, capture_reference):
                return known
            raise

    async def find_refund(self, *, reference: str) -> ProviderRefund | None:
        """See PaymentProvider."""
        try:
            return (await self._calls.refund(reference)).refund()
        except ProviderRefused as refusal:
            return _nothing(refusal)

    async def find_refunds_of(self, *, capture_reference: str) -> Sequence[ProviderRefund]:
        """See PaymentProvider."""
        found = self._calls.refunds({"payment_intent": capture_reference})
        return [each.refund() async for each in found]

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """See PaymentProvider."""
        return read_notice(secret=self._notice_secret, headers=headers, body=body, now=now)

    async def payments_since(self, *, since: datetime) -> AsyncIterator[ProviderPayment]:
        """See PaymentProvider."""
        async for each in self._calls.sessions(created={"gte": int(since.timestamp())}):
            yield each.payment()

    async def refunds_since(self, *, since: datetime) -> AsyncIterator[ProviderRefund]:
        """See PaymentProvider."""
        async for each in self._calls.refunds({"created": {"gte": int(since.timestamp())}}):
            yield each.refund()

    async def close(self) -> None:
        """See PaymentProvider."""
        await self._calls.close()

    async def _find_attempt(self, refund_id: UUID, attempt: int, capture: str) -> ProviderRefund | None:
        async with aclosing(self._calls.refunds({"payment_intent": capture})) as refunds:
            async for each in refunds:
                if each.metadata == RefundMetadata(refund_id=refund_id, attempt=str(attempt)):
                    return each.refund()
        return None


def _line(amount: Money, description: str) -> dict[str, Any]:
    price = {
        "currency": amount.currency.lower(),
        "unit_amount": amount.amount_minor,
        "product_data": {"name": description},
    }
    return {"quantity": 1, "price_data": price}


def _begun_at(payment_id: UUID) -> datetime:
    """The time in a UUIDv7: its first 48 bits, in ms."""
    return datetime.fromtimestamp((payment_id.int >> 80) / 1000, tz=UTC)


def _nothing(refusal: ProviderRefused) -> None:
    if refusal.code != NOTHING_THERE:
        raise refusal
