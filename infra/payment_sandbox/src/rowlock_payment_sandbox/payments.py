"""What becomes of a payment. Every function runs inside the caller's transaction."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from rowlock_payment_sandbox.cards import CARDS, Card, Outcome
from rowlock_payment_sandbox.errors import ExpiryHasPassed, PaymentIsNotOpen, PaymentNotFound
from rowlock_payment_sandbox.model import Capture, NoticeKind, Payment, PaymentState
from rowlock_payment_sandbox.notices import tell_of_payment
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.storage.payments import (
    find_payment,
    insert_capture,
    insert_payment,
    payments_to_capture,
    payments_to_expire,
    save_progress,
)

DIFFERENCE_MINOR = 100
"""How much less the card captures that captures another amount; of less than that, so much more."""


def create_payment(
    sandbox: Sandbox,
    *,
    amount_minor: int,
    currency: str,
    merchant_reference: str,
    description: str,
    expires_at: datetime,
    return_url: str,
    now: datetime,
) -> Payment:
    """A new payment page. Raises ExpiryHasPassed."""
    if expires_at <= now:
        raise ExpiryHasPassed
    payment = Payment(
        payment_id=f"pay_{secrets.token_hex(16)}",
        state=PaymentState.OPEN,
        amount_minor=amount_minor,
        currency=currency,
        merchant_reference=merchant_reference,
        description=description,
        return_url=return_url,
        expires_at=expires_at,
        created_at=now,
    )
    insert_payment(sandbox.db, payment)
    sandbox.woken.set()
    return payment


def current_payment(sandbox: Sandbox, payment_id: str, *, now: datetime) -> Payment:
    """As it is at this moment: expired if its page has closed. Raises PaymentNotFound."""
    expire_overdue(sandbox, now=now)
    payment = find_payment(sandbox.db, payment_id)
    if payment is None:
        raise PaymentNotFound
    return payment


def pay(sandbox: Sandbox, payment_id: str, *, card: Card, now: datetime) -> Payment:
    """Use the card. Raises PaymentNotFound, PaymentIsNotOpen."""
    payment = replace(_open_payment(sandbox, payment_id, now), card=card.number, declined=False)
    return _USES[card.outcome](sandbox, payment, now)


def answer_confirmation(sandbox: Sandbox, payment_id: str, *, confirmed: bool, now: datetime) -> Payment:
    """What the person told the bank, which asked. Raises PaymentNotFound, PaymentIsNotOpen."""
    payment = _open_payment(sandbox, payment_id, now)
    if not awaits_confirmation(payment):
        raise PaymentIsNotOpen
    return _capture(sandbox, payment, now) if confirmed else _decline(sandbox, payment, now)


def awaits_confirmation(payment: Payment) -> bool:
    """Whether the bank has asked and was not answered yet."""
    asked = payment.card is not None and CARDS[payment.card].outcome is Outcome.ASKS_CONFIRMATION
    return payment.state is PaymentState.OPEN and asked and not payment.declined


def expire_payment(sandbox: Sandbox, payment_id: str, *, now: datetime) -> Payment:
    """Close an open page; what is not open stays as it is. Raises PaymentNotFound."""
    payment = current_payment(sandbox, payment_id, now=now)
    return _expire(sandbox, payment, now) if payment.state is PaymentState.OPEN else payment


def expire_overdue(sandbox: Sandbox, *, now: datetime) -> None:
    """Close the pages whose time is over."""
    while due := payments_to_expire(sandbox.db, now=now):
        for payment in due:
            _expire(sandbox, payment, now)


def capture_late(sandbox: Sandbox, *, now: datetime) -> None:
    """Capture what is to be captured by now, however long ago its page closed."""
    while due := payments_to_capture(sandbox.db, now=now):
        for payment in due:
            _capture(sandbox, payment, now)


def _open_payment(sandbox: Sandbox, payment_id: str, now: datetime) -> Payment:
    payment = current_payment(sandbox, payment_id, now=now)
    if payment.state is not PaymentState.OPEN:
        raise PaymentIsNotOpen
    return payment


def _capture_twice(sandbox: Sandbox, payment: Payment, now: datetime) -> Payment:
    return _capture(sandbox, _capture(sandbox, payment, now), now)


def _capture_another_amount(sandbox: Sandbox, payment: Payment, now: datetime) -> Payment:
    less = payment.amount_minor - DIFFERENCE_MINOR
    return _capture(
        sandbox, payment, now, amount_minor=less if less > 0 else payment.amount_minor + DIFFERENCE_MINOR
    )


def _capture_another_currency(sandbox: Sandbox, payment: Payment, now: datetime) -> Payment:
    return _capture(sandbox, payment, now, currency="USD" if payment.currency == "EUR" else "EUR")


def _capture_later(sandbox: Sandbox, payment: Payment, now: datetime) -> Payment:
    late = timedelta(seconds=sandbox.settings.sandbox_capture_late_s)
    sandbox.woken.set()
    return _saved(sandbox, replace(payment, state=PaymentState.PROCESSING, capture_at=now + late))


def _answer_never(sandbox: Sandbox, payment: Payment, _now: datetime) -> Payment:
    return _saved(sandbox, replace(payment, state=PaymentState.PROCESSING))


def _ask(sandbox: Sandbox, payment: Payment, _now: datetime) -> Payment:
    """The page asks on; the payment stays open."""
    return _saved(sandbox, payment)


def _capture(
    sandbox: Sandbox,
    payment: Payment,
    now: datetime,
    *,
    amount_minor: int | None = None,
    currency: str | None = None,
) -> Payment:
    """Take what was asked, but for what is given."""
    capture = Capture(
        capture_id=f"cap_{secrets.token_hex(12)}",
        payment_id=payment.payment_id,
        amount_minor=amount_minor or payment.amount_minor,
        currency=currency or payment.currency,
        captured_at=now,
    )
    insert_capture(sandbox.db, capture)
    captured = replace(
        payment, state=PaymentState.CAPTURED, capture_at=None, captures=(*payment.captures, capture)
    )
    tell_of_payment(sandbox, NoticeKind.PAYMENT_CAPTURED, captured, now=now)
    return _saved(sandbox, captured)


def _decline(sandbox: Sandbox, payment: Payment, now: datetime) -> Payment:
    declined = replace(payment, declined=True)
    tell_of_payment(sandbox, NoticeKind.PAYMENT_DECLINED, declined, now=now)
    return _saved(sandbox, declined)


def _expire(sandbox: Sandbox, payment: Payment, now: datetime) -> Payment:
    expired = replace(payment, state=PaymentState.EXPIRED)
    tell_of_payment(sandbox, NoticeKind.PAYMENT_EXPIRED, expired, now=now)
    return _saved(sandbox, expired)


def _saved(sandbox: Sandbox, payment: Payment) -> Payment:
    save_progress(sandbox.db, payment)
    return payment


_USES: Mapping[Outcome, Callable[[Sandbox, Payment, datetime], Payment]] = {
    Outcome.CAPTURED: _capture,
    Outcome.DECLINED: _decline,
    Outcome.ASKS_CONFIRMATION: _ask,
    Outcome.CAPTURED_LATE: _capture_later,
    Outcome.CAPTURED_TWICE: _capture_twice,
    Outcome.NEVER_ANSWERS: _answer_never,
    Outcome.AMOUNT_DIFFERS: _capture_another_amount,
    Outcome.CURRENCY_DIFFERS: _capture_another_currency,
}
