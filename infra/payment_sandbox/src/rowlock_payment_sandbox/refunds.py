"""Giving money back. Every function runs inside the caller's transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rowlock_payment_sandbox.cards import CARDS, RefundOutcome
from rowlock_payment_sandbox.errors import CaptureNotFound, RefundExceedsCapture
from rowlock_payment_sandbox.model import Capture, NoticeKind, Refund, RefundState
from rowlock_payment_sandbox.notices import tell_of_refund
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.storage.payments import find_payment_of_capture
from rowlock_payment_sandbox.storage.refunds import (
    insert_refund,
    refunds_of,
    refunds_to_settle,
    save_success,
)

FAILURE = "The bank refused the refund, as this card's first one always is."
_KINDS = {
    RefundState.SUCCEEDED: NoticeKind.REFUND_SUCCEEDED,
    RefundState.FAILED: NoticeKind.REFUND_FAILED,
}


def create_refund(
    sandbox: Sandbox, *, capture_id: str, amount_minor: int, merchant_reference: str, now: datetime
) -> Refund:
    """Give back some of a capture, as its card has it. Raises CaptureNotFound, RefundExceedsCapture."""
    capture, outcome = _capture(sandbox, capture_id)
    earlier = refunds_of(sandbox.db, capture_id=capture_id)
    if amount_minor > capture.amount_minor - _given_back(earlier):
        raise RefundExceedsCapture
    state = _state(outcome, earlier)
    later = timedelta(seconds=sandbox.settings.sandbox_refund_settles_s)
    refund = Refund(
        refund_id=f"ref_{secrets.token_hex(12)}",
        capture_id=capture_id,
        amount_minor=amount_minor,
        currency=capture.currency,
        merchant_reference=merchant_reference,
        state=state,
        created_at=now,
        failure_reason=FAILURE if state is RefundState.FAILED else None,
        settles_at=now + later if state is RefundState.PENDING else None,
    )
    insert_refund(sandbox.db, refund)
    _tell(sandbox, refund, now)
    return refund


def settle_refunds(sandbox: Sandbox, *, now: datetime) -> None:
    """Let the pending refunds succeed whose time has come."""
    for refund in refunds_to_settle(sandbox.db, now=now):
        save_success(sandbox.db, refund_id=refund.refund_id)
        _tell(sandbox, replace(refund, state=RefundState.SUCCEEDED, settles_at=None), now)


def _capture(sandbox: Sandbox, capture_id: str) -> tuple[Capture, RefundOutcome]:
    payment = find_payment_of_capture(sandbox.db, capture_id)
    if payment is None:
        raise CaptureNotFound
    capture = next(capture for capture in payment.captures if capture.capture_id == capture_id)
    return capture, CARDS[payment.card or ""].refund


def _given_back(refunds: Sequence[Refund]) -> int:
    return sum(refund.amount_minor for refund in refunds if refund.state is not RefundState.FAILED)


def _state(outcome: RefundOutcome, earlier: Sequence[Refund]) -> RefundState:
    match outcome:
        case RefundOutcome.SETTLES_LATER:
            return RefundState.PENDING
        case RefundOutcome.FAILS_FIRST if not earlier:
            return RefundState.FAILED
        case _:
            return RefundState.SUCCEEDED


def _tell(sandbox: Sandbox, refund: Refund, now: datetime) -> None:
    if refund.state in _KINDS:
        tell_of_refund(sandbox, _KINDS[refund.state], refund, now=now)
    else:
        sandbox.woken.set()
