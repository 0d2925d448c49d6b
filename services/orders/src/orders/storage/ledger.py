"""The ledger. Entries are written while their order is locked, in the transaction of what they tell of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import Transaction
from chassis.ids import new_id
from chassis.statements import Statement
from orders.domain.ledger import LedgerCapture, LedgerKind
from orders.domain.order import Money
from orders.storage.tables import ledger_entries, refunds

# Refunds in every state count: what was given up is still owed.
_REFUNDS_OF_CAPTURE = (
    select(func.coalesce(func.sum(refunds.c.amount_minor), 0))
    .where(
        refunds.c.payment_id == ledger_entries.c.payment_id,
        refunds.c.capture_reference == ledger_entries.c.reference,
    )
    .correlate(ledger_entries)
    .scalar_subquery()
)

_RECORD = Statement(
    """
    INSERT INTO orders.ledger_entries
        (entry_id, order_id, payment_id, refund_id, kind, amount_minor, currency, provider, reference, at)
    VALUES (:entry_id, :order_id, :payment_id, :refund_id, :kind, :amount_minor, :currency, :provider,
        :reference, :at)
    ON CONFLICT (kind, provider, reference) DO NOTHING
    """
)


async def record_captured(
    tx: Transaction,
    *,
    order_id: UUID,
    payment_id: UUID,
    provider: str,
    reference: str,
    amount: Money,
    at: datetime,
) -> bool:
    """Write money that arrived, under the provider's `reference` for it; False when it is known already.

    This decides whether a capture is new, whoever tells of it, how often and at the same time.
    """
    return await _record(
        tx,
        kind=LedgerKind.CAPTURED,
        order_id=order_id,
        payment_id=payment_id,
        provider=provider,
        reference=reference,
        amount=amount,
        at=at,
    )


async def record_refunded(
    tx: Transaction,
    *,
    order_id: UUID,
    payment_id: UUID,
    refund_id: UUID,
    provider: str,
    amount: Money,
    at: datetime,
) -> None:
    """Write that a refund is settled, once however often it settles."""
    await _record(
        tx,
        kind=LedgerKind.REFUNDED,
        order_id=order_id,
        payment_id=payment_id,
        refund_id=refund_id,
        provider=provider,
        reference=str(refund_id),
        amount=amount,
        at=at,
    )


async def record_fee(
    tx: Transaction,
    *,
    order_id: UUID,
    payment_id: UUID,
    provider: str,
    cause: str,
    amount: Money,
    at: datetime,
) -> None:
    """Write what is kept of a cancelled order or ticket, once for each `cause`, which is as its refund's."""
    await _record(
        tx,
        kind=LedgerKind.FEE,
        order_id=order_id,
        payment_id=payment_id,
        provider=provider,
        reference=f"{order_id}:{cause}",
        amount=amount,
        at=at,
    )


async def captures_of_order(tx: Transaction, *, order_id: UUID) -> list[LedgerCapture]:
    """Everything that arrived for an order, the oldest first."""
    found = await tx.execute(
        select(ledger_entries, _REFUNDS_OF_CAPTURE.label("refund_minor"))
        .where(ledger_entries.c.kind == LedgerKind.CAPTURED, ledger_entries.c.order_id == order_id)
        .order_by(ledger_entries.c.entry_id)
    )
    return [
        LedgerCapture(
            payment_id=row.payment_id,
            provider=row.provider,
            reference=row.reference,
            amount=Money(amount_minor=row.amount_minor, currency=row.currency),
            refund_minor=int(row.refund_minor),
        )
        for row in found
    ]


async def _record(
    tx: Transaction,
    *,
    kind: LedgerKind,
    reference: str,
    amount: Money,
    refund_id: UUID | None = None,
    **columns: Any,
) -> bool:
    recorded = await _RECORD.run(
        tx,
        entry_id=new_id(),
        kind=kind,
        reference=reference,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        refund_id=refund_id,
        **columns,
    )
    return recorded.rows_changed == 1
