"""Notices of Stripe: header Stripe-Signature, the library's verification, and what they tell us."""

from collections.abc import Mapping
from datetime import UTC, datetime

import stripe
from pydantic import ValidationError

from orders.clients.payment_provider import (
    Notice,
    NoticeForged,
    NoticeMalformed,
    NoticeUnreadable,
    ProviderPayment,
    ProviderRefund,
)
from orders.clients.signed_notices import check_age
from orders.clients.stripe_answers import Event, Refund, Session

ASYNC_PAYMENT_FAILED = "checkout.session.async_payment_failed"
SESSION_KINDS = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    ASYNC_PAYMENT_FAILED,
)
REFUND_KINDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
"""`charge.refunded` says nothing of its refund but sums: `refund.created` and these do."""


def read_notice(*, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
    """Raise a NoticeRefused; the age counts only once the signature fits."""
    sent_at = _verify(secret=secret, headers=headers, body=body)
    check_age(sent_at=sent_at, now=now)
    try:
        event = Event.model_validate_json(body)
        return Notice(
            notice_id=event.id,
            kind=event.type,
            sent_at=sent_at,
            payment=_session(event) if event.type in SESSION_KINDS else None,
            refund=_refund(event) if event.type in REFUND_KINDS else None,
        )
    except ValidationError:
        raise NoticeUnreadable("its body does not fit") from None


def _session(event: Event) -> ProviderPayment:
    session = Session.model_validate(event.data.object)
    return session.payment(told_at=event.created, failed=event.type == ASYNC_PAYMENT_FAILED)


def _refund(event: Event) -> ProviderRefund:
    return Refund.model_validate(event.data.object).refund()


def _verify(*, secret: str, headers: Mapping[str, str], body: bytes) -> datetime:
    """When it was signed. The library is told no tolerance: it would read the clock, and look back only."""
    header = {name.lower(): value for name, value in headers.items()}.get("stripe-signature", "")
    stamps = [part.removeprefix("t=") for part in header.split(",") if part.startswith("t=")]
    try:
        signed_at = datetime.fromtimestamp(int(stamps[0]), tz=UTC)
        payload = body.decode()
    except (IndexError, ValueError, OverflowError, OSError):
        raise NoticeMalformed("no Stripe-Signature with a time, or no UTF-8") from None
    try:
        stripe.WebhookSignature.verify_header(payload, header, secret)
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        # Its error carries the whole notice, so it is not chained.
        raise NoticeForged("no signature fits") from None
    return signed_at
