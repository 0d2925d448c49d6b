"""What we ask of a payment provider, whichever it is, and what it tells us.

Each provider has its own words and states; its client puts them into these and nothing else of it
leaves the client. Every call may have had its effect although its answer was lost: calls that create
something take our id, and asking again with the same id gives the same thing.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from orders.domain.order import Money

NOTICE_TOLERANCE_S = 300
"""A notice signed longer ago, or further ahead, is stale: whoever recorded it cannot use it later."""


class ProviderPaymentState(StrEnum):
    OPEN = "open"
    """Its page can be paid at; an attempt that was declined leaves it so."""
    PROCESSING = "processing"
    """The buyer paid, the money is on its way: it may still be captured or fail."""
    CAPTURED = "captured"
    """Money arrived; `captures` says how much."""
    EXPIRED = "expired"
    """Closed, by us or by its time. No attempt can follow."""
    FAILED = "failed"
    """The money that was on its way did not arrive. No attempt can follow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Capture:
    """Money that arrived, under the provider's name for it. One payment may have none, one or more."""

    reference: str
    amount: Money
    captured_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderPayment:
    """A payment as the provider sees it; `reference` is its name there.

    `payment_id` is ours, as we gave it when we created the payment; None for one that is not ours.
    `declined` says that the last attempt at an open one was refused.
    """

    reference: str
    payment_id: UUID | None
    state: ProviderPaymentState
    # Not in the repr: whoever has it may pay, or call the payment off.
    page_url: str | None = field(repr=False)
    captures: tuple[Capture, ...] = ()
    declined: bool = False


class ProviderRefundState(StrEnum):
    PENDING = "pending"
    """Taken on; the money is not back yet."""
    SUCCEEDED = "succeeded"
    """The money is on its way to the buyer. With some providers it may still fail days later."""
    FAILED = "failed"
    """No money went back; `failure` says why, in the provider's words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderRefund:
    """A refund as the provider sees it. `refund_id` is ours; None for one that is not ours.
    `capture_reference` is the capture it pays back from, where the provider says.
    """

    reference: str
    refund_id: UUID | None
    state: ProviderRefundState
    amount: Money
    failure: str | None = None
    capture_reference: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What the provider told by itself, verified. Neither payment nor refund: of no interest to us."""

    notice_id: str
    kind: str
    sent_at: datetime
    payment: ProviderPayment | None = None
    refund: ProviderRefund | None = None


class NoticeRefused(Exception):
    """The notice is not to be believed; `reason` is the word for the counter and the log."""

    reason: ClassVar[str] = "refused"


class NoticeForged(NoticeRefused):
    """No signature of it was made with our secret."""

    reason = "forged"


class NoticeStale(NoticeRefused):
    """It was signed with our secret, but more than NOTICE_TOLERANCE_S ago or ahead."""

    reason = "stale"


class NoticeMalformed(NoticeRefused):
    """It lacks its headers, or is signed and cannot be read."""

    reason = "malformed"


class NoticeUnreadable(NoticeMalformed):
    """It was signed with our secret, and yet its body does not fit."""


class ProviderUnavailable(Exception):
    """The provider gave no answer that can be used, and may have done it: ask again with the same id."""


class ProviderRefused(Exception):
    """The provider said no, without any effect; the same again will not work. `code` is its word."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"the payment provider refused: {code}")


class PaymentProvider(Protocol):
    """One payment provider. Calls raise ProviderUnavailable or ProviderRefused, and nothing else."""

    @property
    def name(self) -> str:
        """How payments, notices and metrics name it: `sandbox`, `stripe`."""
        ...

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
        """Open a payment page. The same `payment_id` again gives the same payment, perhaps as it was at
        first: look with `find_payment` for what it is by now. A provider may let its page live longer
        than `expires_at`: close it in time.
        """
        ...

    async def find_payment(self, *, reference: str) -> ProviderPayment | None:
        """The payment of this name; None when the provider has none."""
        ...

    async def find_payment_of(self, *, payment_id: UUID) -> ProviderPayment | None:
        """The payment we created under this id, when the answer was lost; None when there is none."""
        ...

    async def close_payment(self, *, reference: str) -> ProviderPayment:
        """Allow no new attempt. Gives what the payment is by then, which may be captured or processing."""
        ...

    async def refund(
        self, *, refund_id: UUID, attempt: int, capture_reference: str, amount: Money
    ) -> ProviderRefund:
        """Pay money of a capture back. The same id and attempt again give the same refund, as above.
        After a refund FAILED, the next attempt is a new refund of the same `refund_id`.
        """
        ...

    async def find_refund(self, *, reference: str) -> ProviderRefund | None:
        """The refund of this name; None when the provider has none."""
        ...

    async def find_refunds_of(self, *, capture_reference: str) -> Sequence[ProviderRefund]:
        """Every refund of a capture, ours and others'."""
        ...

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """What a notice says; `body` as it came, byte for byte. Raises a NoticeRefused."""
        ...

    def payments_since(self, *, since: datetime) -> AsyncIterator[ProviderPayment]:
        """Every payment created since then, page by page, as the provider sees it now."""
        ...

    def refunds_since(self, *, since: datetime) -> AsyncIterator[ProviderRefund]:
        """Every refund created since then, ours and others', page by page, as it is now."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
