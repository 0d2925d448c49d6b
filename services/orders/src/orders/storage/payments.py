"""Payments and refunds; written only while their order is locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import RowMapping

from chassis.database import Transaction
from chassis.ids import new_id
from orders.domain.order import Money
from orders.domain.states import PaymentState, Reason, RefundState
from orders.storage.tables import payments, refunds


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """Money of a buyer; `reference` is the provider's name for it."""

    payment_id: UUID
    order_id: UUID
    provider: str
    reference: str
    amount: Money


async def add_captured(tx: Transaction, *, payment: Payment, at: datetime) -> bool:
    """Write a captured payment; False when the provider's reference is already known."""
    statement = upsert(payments).values(
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        provider=payment.provider,
        reference=payment.reference,
        state=PaymentState.CAPTURED,
        amount_minor=payment.amount.amount_minor,
        currency=payment.amount.currency,
        created_at=at,
        changed_at=at,
    )
    statement = statement.on_conflict_do_nothing(index_elements=[payments.c.provider, payments.c.reference])
    return await tx.scalar(statement.returning(payments.c.payment_id)) is not None


async def find_payment(tx: Transaction, *, provider: str, reference: str) -> Payment:
    """The payment with this reference, which must exist."""
    known = (payments.c.provider == provider) & (payments.c.reference == reference)
    return _payment((await tx.execute(select(payments).where(known))).mappings().one())


async def refund_order(tx: Transaction, *, order_id: UUID, reason: Reason, at: datetime) -> None:
    """Start a refund in full of every captured payment of the order, if there is any."""
    rows = await tx.execute(
        update(payments)
        .where(payments.c.order_id == order_id, payments.c.state == PaymentState.CAPTURED)
        .values(state=PaymentState.REFUNDING, changed_at=at)
        .returning(payments)
    )
    await _add_refunds(tx, [_payment(row) for row in rows.mappings()], reason, at)


async def refund_payment(tx: Transaction, *, payment: Payment, reason: str, at: datetime) -> None:
    """Start a refund in full of one captured payment."""
    captured = (payments.c.payment_id == payment.payment_id) & (payments.c.state == PaymentState.CAPTURED)
    await tx.execute(update(payments).where(captured).values(state=PaymentState.REFUNDING, changed_at=at))
    await _add_refunds(tx, [payment], reason, at)


async def settle(tx: Transaction, *, refund_id: UUID, at: datetime) -> bool:
    """Mark a pending refund as paid back, and its payment refunded; False if none was pending."""
    payment_id = await tx.scalar(
        update(refunds)
        .where(refunds.c.refund_id == refund_id, refunds.c.state == RefundState.PENDING)
        .values(state=RefundState.SETTLED, settled_at=at)
        .returning(refunds.c.payment_id)
    )
    if payment_id is None:
        return False
    await tx.execute(
        update(payments)
        .where(payments.c.payment_id == payment_id)
        .values(state=PaymentState.REFUNDED, changed_at=at)
    )
    return True


async def refund_state(tx: Transaction, *, refund_id: UUID) -> RefundState | None:
    """Where a refund is; None when there is no such refund."""
    state = await tx.scalar(select(refunds.c.state).where(refunds.c.refund_id == refund_id))
    return None if state is None else RefundState(state)


async def _add_refunds(tx: Transaction, owed: Sequence[Payment], reason: str, at: datetime) -> None:
    rows = [
        {
            "refund_id": new_id(),
            "payment_id": payment.payment_id,
            "order_id": payment.order_id,
            "state": RefundState.PENDING,
            "amount_minor": payment.amount.amount_minor,
            "currency": payment.amount.currency,
            "reason": reason,
            "created_at": at,
        }
        for payment in owed
    ]
    if rows:
        await tx.execute(insert(refunds), rows)


def _payment(row: RowMapping) -> Payment:
    return Payment(
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        provider=row["provider"],
        reference=row["reference"],
        amount=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
    )
