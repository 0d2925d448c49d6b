"""Gives back what was paid for tickets that are none any more, and enters what is kept of it as a fee.

What was captured is what tickets are worth, what was refunded and what is a fee, always: whatever is
neither a ticket's nor a fee goes back.
"""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.ledger import LedgerCapture
from orders.domain.order import Money
from orders.domain.refund import WHOLE_ORDER
from orders.domain.refund_policy import RefundShare
from orders.storage.ledger import captures_of_order, record_fee
from orders.storage.refunds import fees_minor_of_order, start_refund


class MoreThanIsKept(Exception):
    """More would go back than was paid and not refunded yet: a bug, which must not pay anybody."""


async def give_back_all(
    tx: Transaction, *, order_id: UUID, fee_minor: int = 0, reason: str, now: datetime
) -> None:
    """Start refunds of everything that is kept for an order, but `fee_minor` and the fees kept before."""
    captures = await _kept_captures(tx, order_id)
    kept_minor = sum(capture.kept.amount_minor for capture in captures)
    fees_minor = await fees_minor_of_order(tx, order_id=order_id)
    share = RefundShare(refund_minor=kept_minor - fees_minor - fee_minor, fee_minor=fee_minor)
    await _give_back(tx, order_id, captures, cause=WHOLE_ORDER, share=share, reason=reason, now=now)


async def give_back_share(
    tx: Transaction, *, order_id: UUID, cause: str, share: RefundShare, reason: str, now: datetime
) -> None:
    """Start a refund of what goes back of one ticket, and enter the rest of its price as a fee."""
    captures = await _kept_captures(tx, order_id)
    await _give_back(tx, order_id, captures, cause=cause, share=share, reason=reason, now=now)


async def _kept_captures(tx: Transaction, order_id: UUID) -> list[LedgerCapture]:
    """Nearly always one, in the order's currency: what did not fit went back whole when it came."""
    captures = await captures_of_order(tx, order_id=order_id)
    return [capture for capture in captures if capture.kept.amount_minor > 0]


async def _give_back(
    tx: Transaction,
    order_id: UUID,
    captures: list[LedgerCapture],
    *,
    cause: str,
    share: RefundShare,
    reason: str,
    now: datetime,
) -> None:
    left_minor = share.refund_minor
    for capture in captures:
        amount_minor = min(left_minor, capture.kept.amount_minor)
        if amount_minor > 0:
            await start_refund(
                tx,
                payment_id=capture.payment_id,
                order_id=order_id,
                capture_reference=capture.reference,
                amount=Money(amount_minor=amount_minor, currency=capture.amount.currency),
                cause=cause,
                reason=reason,
                at=now,
            )
            left_minor -= amount_minor
    if left_minor != 0:
        raise MoreThanIsKept(str(order_id))
    if share.fee_minor > 0:
        await _keep_fee(tx, order_id, captures[0], cause=cause, fee_minor=share.fee_minor, now=now)


async def _keep_fee(
    tx: Transaction, order_id: UUID, capture: LedgerCapture, *, cause: str, fee_minor: int, now: datetime
) -> None:
    await record_fee(
        tx,
        order_id=order_id,
        payment_id=capture.payment_id,
        provider=capture.provider,
        cause=cause,
        amount=Money(amount_minor=fee_minor, currency=capture.amount.currency),
        at=now,
    )
