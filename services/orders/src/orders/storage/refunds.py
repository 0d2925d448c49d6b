"""Refunds; started and settled only while their order is locked. Only the moment at which a job asks the
provider about one is moved without that lock.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from chassis.database import Transaction
from chassis.ids import new_id
from orders.domain.ledger import LedgerKind
from orders.domain.order import Money
from orders.domain.refund import OPEN_STATES, RECORDED, Refund, RefundedBefore, RefundNotFound
from orders.domain.states import PaymentState, RefundState
from orders.metrics import payments_came, refund_came
from orders.storage.orders import lock_order
from orders.storage.tables import ledger_entries, payments, refunds

_COLUMNS = (*refunds.c, payments.c.provider)
_REFUNDS: Select[Any] = select(*_COLUMNS).join(payments, payments.c.payment_id == refunds.c.payment_id)


async def start_refund(
    tx: Transaction,
    *,
    payment_id: UUID,
    order_id: UUID,
    capture_reference: str,
    amount: Money,
    cause: str,
    reason: str,
    at: datetime,
) -> None:
    """Owe `amount` of a capture back; raises RefundedBefore.

    The job sends it at once; a recorded payment's waits for an operator. Never more than was captured
    (`payments_refund_minor_check`).
    """
    provider = select(payments.c.provider).where(payments.c.payment_id == payment_id).scalar_subquery()
    statement = insert(refunds).values(
        refund_id=new_id(),
        payment_id=payment_id,
        capture_reference=capture_reference,
        order_id=order_id,
        cause=cause,
        state=RefundState.PENDING,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason=reason,
        next_attempt_at=case((provider != RECORDED, at)),
        created_at=at,
    )
    once = [refunds.c.payment_id, refunds.c.capture_reference, refunds.c.cause]
    statement = statement.on_conflict_do_nothing(index_elements=once).returning(refunds.c.refund_id)
    if await tx.scalar(statement) is None:
        raise RefundedBefore(cause)
    refund_came(tx, RefundState.PENDING)
    await _take_from_payment(tx, payment_id, amount, at)


async def find_refund(
    tx: Transaction, *, provider: str, refund_id: UUID | None, reference: str
) -> Refund | None:
    """The refund of this id, else the one of this name, at the provider; None when it has none of ours."""
    named = or_(refunds.c.refund_id == refund_id, refunds.c.provider_reference == reference)
    by_id_first = (refunds.c.refund_id == refund_id).desc().nulls_last()
    found = _REFUNDS.where(payments.c.provider == provider, named).order_by(by_id_first).limit(1)
    row = (await tx.execute(found)).mappings().one_or_none()
    return None if row is None else _refund(row)


async def lock_refund(tx: Transaction, refund_id: UUID) -> Refund:
    """The refund of this id as it is under its order's lock; raises RefundNotFound."""
    this = _REFUNDS.where(refunds.c.refund_id == refund_id)
    row = (await tx.execute(this)).mappings().one_or_none()
    if row is None:
        raise RefundNotFound(refund_id)
    await lock_order(tx, row["order_id"])
    return _refund((await tx.execute(this)).mappings().one())


async def fees_minor_of_order(tx: Transaction, *, order_id: UUID) -> int:
    """What is kept of the order's money although its tickets are not, in the order's currency."""
    of_order = (ledger_entries.c.order_id == order_id) & (ledger_entries.c.kind == LedgerKind.FEE)
    total = select(func.sum(ledger_entries.c.amount_minor)).where(of_order)
    return int(await tx.scalar(total) or 0)


async def claim_due_refunds(
    tx: Transaction, *, provider: str, refunds_max: int, lease: timedelta, now: datetime
) -> list[Refund]:
    """Some refunds whose moment has come, which nobody else claims before `lease` is over.

    The lease is committed before the provider is asked: whoever is killed in between leaves the refund
    to the next one, who asks the same.
    """
    due = (
        select(refunds.c.refund_id)
        .join(payments, payments.c.payment_id == refunds.c.payment_id)
        .where(
            refunds.c.next_attempt_at <= now,
            refunds.c.state.in_(OPEN_STATES),
            payments.c.provider == provider,
        )
        .order_by(refunds.c.next_attempt_at)
        .limit(refunds_max)
        .with_for_update(of=refunds, skip_locked=True)
        .cte("due")
    )
    claimed = (
        update(refunds)
        .where(refunds.c.refund_id == due.c.refund_id, payments.c.payment_id == refunds.c.payment_id)
        .values(next_attempt_at=now + lease, asked=refunds.c.asked + 1)
        .returning(*_COLUMNS)
    )
    return [_refund(row) for row in (await tx.execute(claimed)).mappings()]


async def _take_from_payment(tx: Transaction, payment_id: UUID, amount: Money, at: datetime) -> None:
    refund_minor = payments.c.refund_minor + amount.amount_minor
    nothing_kept = refund_minor == payments.c.captured_minor
    # What came in another currency is in the ledger only.
    of_payment = (payments.c.payment_id == payment_id) & (payments.c.currency == amount.currency)
    states = await tx.scalars(
        update(payments)
        .where(of_payment)
        .values(
            refund_minor=refund_minor,
            state=case((nothing_kept, PaymentState.REFUNDING), else_=payments.c.state),
            changed_at=at,
        )
        .returning(payments.c.state)
    )
    payments_came(tx, PaymentState.REFUNDING, number=list(states).count(PaymentState.REFUNDING))


def _refund(row: RowMapping) -> Refund:
    return Refund(
        refund_id=row["refund_id"],
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        provider=row["provider"],
        capture_reference=row["capture_reference"],
        state=RefundState(row["state"]),
        amount=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        provider_reference=row["provider_reference"],
        attempts=row["attempts"],
        asked=row["asked"],
    )
