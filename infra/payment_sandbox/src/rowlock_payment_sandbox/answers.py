"""Payments and refunds as the API and notices tell of them."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from rowlock_payment_sandbox.model import Capture, Payment, PaymentState, Refund, RefundState


class CaptureOut(BaseModel):
    """Money that was taken; what a refund names."""

    capture_id: str
    amount_minor: int
    currency: str
    captured_at: datetime

    @classmethod
    def of(cls, capture: Capture) -> Self:
        return cls(
            capture_id=capture.capture_id,
            amount_minor=capture.amount_minor,
            currency=capture.currency,
            captured_at=capture.captured_at,
        )


class PaymentOut(BaseModel):
    """`amount_minor` and `currency` are what was asked, those of the captures what was taken. `declined`: the
    last card was, and the page is open for another.
    """

    payment_id: str
    state: PaymentState
    amount_minor: int
    currency: str
    merchant_reference: str
    description: str
    page_url: str
    return_url: str
    expires_at: datetime
    declined: bool
    captures: list[CaptureOut]
    created_at: datetime

    @classmethod
    def of(cls, payment: Payment, *, page_url: str) -> Self:
        return cls(
            payment_id=payment.payment_id,
            state=payment.state,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            merchant_reference=payment.merchant_reference,
            description=payment.description,
            page_url=page_url,
            return_url=payment.return_url,
            expires_at=payment.expires_at,
            declined=payment.declined,
            captures=[CaptureOut.of(capture) for capture in payment.captures],
            created_at=payment.created_at,
        )


class RefundOut(BaseModel):
    """`failure_reason` is told where `state` is failed."""

    refund_id: str
    capture_id: str
    amount_minor: int
    currency: str
    merchant_reference: str
    state: RefundState
    failure_reason: str | None
    created_at: datetime

    @classmethod
    def of(cls, refund: Refund) -> Self:
        return cls(
            refund_id=refund.refund_id,
            capture_id=refund.capture_id,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            merchant_reference=refund.merchant_reference,
            state=refund.state,
            failure_reason=refund.failure_reason,
            created_at=refund.created_at,
        )


class PaymentPage(BaseModel):
    """Part of a list; `next_cursor` asks for the rest."""

    items: list[PaymentOut]
    next_cursor: str | None


class RefundPage(BaseModel):
    """As `PaymentPage`."""

    items: list[RefundOut]
    next_cursor: str | None
