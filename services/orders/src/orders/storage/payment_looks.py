"""Which payments a job asks the provider about, and when again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, case, func, or_, select, update

from chassis.database import Transaction
from chassis.statements import Statement
from orders.domain.states import OrderState, PaymentState
from orders.storage.pauses import doubling_pause
from orders.storage.tables import orders, payments

_LOOK_AT_PENDING = Statement(
    """
    UPDATE orders.payments SET look_at = :at, looks = 0 WHERE order_id = :order_id AND state = :pending
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DuePayment:
    """A payment to ask the provider about; `must_close`: nobody shall pay there any more. It is asked about
    again at `look_at`, unless that was changed since.
    """

    payment_id: UUID
    order_id: UUID
    reference: str | None
    must_close: bool
    look_at: datetime


async def claim_due_payments(
    tx: Transaction,
    *,
    provider: str,
    again_s: float,
    again_s_max: float,
    payments_max: int,
    now: datetime,
) -> list[DuePayment]:
    """Some payments that are due, the longest due first; skips those another replica is at.

    Each is due again after `again_s`, doubled by each look up to `again_s_max`, so that it is asked about
    again although whoever claimed it was killed. The pauses begin anew when the page closes: what
    became of the payment must then be known soon.
    """
    due = _due(provider, payments_max, now)
    after_pause = now + doubling_pause(first_s=again_s, longest_s=again_s_max, times=payments.c.looks)
    closes_first = and_(payments.c.expires_at > now, after_pause >= payments.c.expires_at)
    claimed = (
        update(payments)
        .where(payments.c.payment_id == due.c.payment_id, payments.c.order_id == orders.c.order_id)
        .values(
            look_at=case((closes_first, payments.c.expires_at), else_=after_pause),
            looks=case((closes_first, 0), else_=payments.c.looks + 1),
        )
        .returning(
            payments.c.payment_id,
            payments.c.order_id,
            payments.c.reference,
            payments.c.look_at,
            _must_close(now),
        )
    )
    return [DuePayment(**row) for row in (await tx.execute(claimed)).mappings()]


async def look_soon(tx: Transaction, *, payment_id: UUID, at: datetime) -> None:
    """Have the job ask the provider about the payment, whatever state it is in here."""
    this = payments.c.payment_id == payment_id
    await tx.execute(update(payments).where(this).values(look_at=at, looks=0))


async def look_later(tx: Transaction, *, payment_id: UUID, at: datetime) -> None:
    """Have the job ask about a payment at `at`, if it is still pending."""
    pending = (payments.c.payment_id == payment_id) & (payments.c.state == PaymentState.PENDING)
    await tx.execute(update(payments).where(pending).values(look_at=at, looks=0))


async def look_at_pending_soon(tx: Transaction, *, order_id: UUID, at: datetime) -> None:
    """Have the job close what is still open of an order that awaits no payment any more."""
    await _LOOK_AT_PENDING.run(tx, order_id=order_id, pending=PaymentState.PENDING, at=at)


def _due(provider: str, payments_max: int, now: datetime) -> CTE:
    return (
        select(payments.c.payment_id)
        .where(payments.c.provider == provider, payments.c.look_at <= now)
        .order_by(payments.c.look_at)
        .limit(payments_max)
        .with_for_update(key_share=True, skip_locked=True)
        .cte("due")
    )


def _must_close(now: datetime) -> ColumnElement[bool]:
    pending = payments.c.state == PaymentState.PENDING
    of_no_use = or_(orders.c.state != OrderState.AWAITING_PAYMENT, payments.c.expires_at <= now)
    given_up = payments.c.state == PaymentState.FAILED
    return or_(given_up, and_(pending, func.coalesce(of_no_use, False))).label("must_close")
