"""What the sandbox knows about: payments, their captures, refunds, notices."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PaymentState(StrEnum):
    """open -> processing -> captured; open -> captured; open -> expired."""

    OPEN = "open"
    PROCESSING = "processing"
    CAPTURED = "captured"
    EXPIRED = "expired"


class RefundState(StrEnum):
    """pending -> succeeded; or succeeded or failed at once."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class NoticeKind(StrEnum):
    """The `type` of a notice."""

    PAYMENT_CAPTURED = "payment.captured"
    PAYMENT_DECLINED = "payment.declined"
    PAYMENT_EXPIRED = "payment.expired"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"


@dataclass(frozen=True, kw_only=True)
class Capture:
    """Money taken."""

    capture_id: str
    payment_id: str
    amount_minor: int
    currency: str
    captured_at: datetime


@dataclass(frozen=True, kw_only=True)
class Payment:
    """One payment page and what came of it. `card` is the number used last; `capture_at` is when a late
    capture is due.
    """

    payment_id: str
    state: PaymentState
    amount_minor: int
    currency: str
    merchant_reference: str
    description: str
    return_url: str
    expires_at: datetime
    created_at: datetime
    declined: bool = False
    card: str | None = None
    capture_at: datetime | None = None
    captures: tuple[Capture, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money given back, or to be. `settles_at` is when a pending one succeeds."""

    refund_id: str
    capture_id: str
    amount_minor: int
    currency: str
    merchant_reference: str
    state: RefundState
    created_at: datetime
    failure_reason: str | None = None
    settles_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What the merchant is told. It is sent at `next_attempt_at`, `copies` times at once; without one it is
    done with: delivered, given up or kept back. `held` ones wait to be sent newest first.
    """

    notice_id: str
    kind: NoticeKind
    about: str
    body: str
    created_at: datetime
    next_attempt_at: datetime | None
    copies: int = 1
    held: bool = False
    attempts: int = 0
    delivered_at: datetime | None = None
    last_answer: str | None = None
