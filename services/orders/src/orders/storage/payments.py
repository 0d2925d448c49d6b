"""Payments; written only while their order is locked, but for the moment when a job is to look at one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import RowMapping

from chassis.database import Transaction
from chassis.ids import new_id
from chassis.statements import Statement, at_once
from orders.domain.order import Money, Order
from orders.domain.states import Discrepancy, PaymentFailure, PaymentState
from orders.metrics import payments_came
from orders.storage.orders import locking_order, orders_locked
from orders.storage.tables import payments

_OVER = {"look_at": None, "page_url": None, "return_url": None}
"""Nobody pays there any more, or comes back from there, and the provider has said its last word."""

# By the provider's name for it; else by our own, if it is at this provider.
_FIND = (
    select(payments)
    .where(
        payments.c.provider == bindparam("provider"),
        or_(payments.c.reference == bindparam("reference"), payments.c.payment_id == bindparam("payment_id")),
    )
    .order_by((payments.c.reference == bindparam("reference")).desc().nulls_last())
    .limit(1)
)
_FIND_PAYMENT = Statement(_FIND)
_LOCK_ORDER = locking_order(_FIND.with_only_columns(payments.c.order_id).scalar_subquery())
_ADD_CAPTURED = Statement(
    """
    UPDATE orders.payments
    SET state = :state, captured_minor = captured_minor + :captured_minor, failure = NULL, changed_at = :at
    WHERE payment_id = :payment_id
    """
)
_STOP_LOOKING = Statement(
    """
    UPDATE orders.payments SET look_at = NULL, page_url = NULL, return_url = NULL
    WHERE payment_id = :payment_id
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """One attempt at paying for an order; `reference` is the provider's name for it, once it is known.

    `amount` is what was asked for, `captured_minor` what arrived in its currency and `refund_minor`
    what of that goes back.
    """

    payment_id: UUID
    order_id: UUID
    provider: str
    reference: str | None
    state: PaymentState
    amount: Money
    captured_minor: int
    refund_minor: int
    # Not in the repr: whoever has it may pay, or call the payment off.
    page_url: str | None = field(repr=False)
    return_url: str | None = field(repr=False)
    expires_at: datetime | None
    look_at: datetime | None
    failure: PaymentFailure | None
    discrepancy: Discrepancy | None


class PaymentNamedMeanwhile(Exception):
    """While the lock was waited for, the provider's name turned out to be that of another order's payment."""


async def insert_pending(
    tx: Transaction,
    *,
    payment_id: UUID,
    order_id: UUID,
    provider: str,
    amount: Money,
    return_url: str,
    look_at: datetime,
    at: datetime,
) -> Payment:
    """Write a payment that is asked for; its order has no other pending one."""
    inserted = insert(payments).values(
        payment_id=payment_id,
        order_id=order_id,
        provider=provider,
        state=PaymentState.PENDING,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        return_url=return_url,
        look_at=look_at,
        created_at=at,
        changed_at=at,
    )
    payments_came(tx, PaymentState.PENDING)
    return _payment((await tx.execute(inserted.returning(payments))).mappings().one())


async def insert_recorded(
    tx: Transaction, *, order_id: UUID, provider: str, reference: str, amount: Money, at: datetime
) -> Payment | None:
    """Write a payment that arrived without having been asked for; None when its reference is known."""
    statement = upsert(payments).values(
        payment_id=new_id(),
        order_id=order_id,
        provider=provider,
        reference=reference,
        state=PaymentState.CAPTURED,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        captured_minor=amount.amount_minor,
        created_at=at,
        changed_at=at,
    )
    statement = statement.on_conflict_do_nothing(index_elements=[payments.c.provider, payments.c.reference])
    row = (await tx.execute(statement.returning(payments))).mappings().one_or_none()
    if row is None:
        return None
    payments_came(tx, PaymentState.CAPTURED)
    return _payment(row)


async def load_payment(tx: Transaction, payment_id: UUID) -> Payment:
    """The payment, which must exist."""
    found = select(payments).where(payments.c.payment_id == payment_id)
    return _payment((await tx.execute(found)).mappings().one())


async def pending_payment(tx: Transaction, *, order_id: UUID) -> Payment | None:
    """The payment of the order that is under way, of which there is at most one."""
    pending = (payments.c.order_id == order_id) & (payments.c.state == PaymentState.PENDING)
    row = (await tx.execute(select(payments).where(pending))).mappings().one_or_none()
    return None if row is None else _payment(row)


async def find_payment(
    tx: Transaction, *, provider: str, reference: str, payment_id: UUID | None
) -> Payment | None:
    """The payment of this name at the provider; else the one of our own name, if it is at this provider."""
    found = await _FIND_PAYMENT.run(tx, provider=provider, reference=reference, payment_id=payment_id)
    row = await found.first()
    return None if row is None else _payment(row)


async def lock_payment(
    tx: Transaction, *, provider: str, reference: str, payment_id: UUID | None
) -> tuple[Order, Payment] | None:
    """What `find_payment` finds, as it is under the lock of its order, with that order."""
    name = {"provider": provider, "reference": reference, "payment_id": payment_id}
    async with at_once(tx):
        locked = await _LOCK_ORDER.run(tx, **name)
        found = await _FIND_PAYMENT.run(tx, **name)
    orders, row = await orders_locked(tx, await locked.all()), await found.first()
    if not orders or row is None:
        return None
    payment = _payment(row)
    if payment.order_id != orders[0].order_id:
        raise PaymentNamedMeanwhile(reference)
    return orders[0], payment


async def save_expiry(tx: Transaction, *, payment_id: UUID, expires_at: datetime) -> Payment:
    """Decide when the payment's page closes, once: whoever resumes asks the provider for the same."""
    undecided = (payments.c.payment_id == payment_id) & payments.c.expires_at.is_(None)
    decided = update(payments).where(undecided).values(expires_at=expires_at).returning(payments)
    row = (await tx.execute(decided)).mappings().one_or_none()
    return await load_payment(tx, payment_id) if row is None else _payment(row)


async def save_reference(
    tx: Transaction, *, payment_id: UUID, reference: str, page_url: str | None
) -> Payment:
    """Write down how the provider names the payment, and where it can be paid."""
    this = payments.c.payment_id == payment_id
    named = update(payments).where(this).values(reference=reference, page_url=page_url).returning(payments)
    return _payment((await tx.execute(named)).mappings().one())


async def add_captured(tx: Transaction, *, payment: Payment, amount: Money, at: datetime) -> Payment:
    """Count money that arrived; all of it is kept until a refund is started. Money in another currency
    is not counted here, it only ends the wait for it. Gives the payment after it.
    """
    counts = amount.currency == payment.amount.currency
    if not counts and payment.state not in (PaymentState.PENDING, PaymentState.FAILED):
        return payment
    state = PaymentState.CAPTURED if counts else PaymentState.REFUNDING
    payments_came(tx, state, number=state is not payment.state)
    counted_minor = amount.amount_minor if counts else 0
    await _ADD_CAPTURED.run(
        tx, payment_id=payment.payment_id, state=state, captured_minor=counted_minor, at=at
    )
    captured_minor = payment.captured_minor + counted_minor
    return replace(payment, state=state, captured_minor=captured_minor, failure=None)


async def flag_discrepancy(tx: Transaction, *, payment_id: UUID, discrepancy: Discrepancy) -> None:
    """Remember what the provider did that was not asked for."""
    await _change(tx, payment_id, discrepancy=discrepancy)


async def save_attempt(tx: Transaction, *, payment_id: UUID, failure: PaymentFailure | None) -> None:
    """What became of the last attempt at a pending payment; another one may follow."""
    await _change(tx, payment_id, failure=failure)


async def fail(tx: Transaction, *, payment_id: UUID, failure: PaymentFailure, at: datetime) -> None:
    """End a pending payment without money."""
    payments_came(tx, PaymentState.FAILED)
    await _change(tx, payment_id, state=PaymentState.FAILED, failure=failure, changed_at=at, **_OVER)


async def stop_looking(tx: Transaction, *, payment_id: UUID) -> None:
    """The provider has nothing more to tell of the payment."""
    await _STOP_LOOKING.run(tx, payment_id=payment_id)


async def forget_pages(tx: Transaction, *, order_id: UUID) -> None:
    """Forget where an order's payments are paid, and where their pages lead back to."""
    of_order = update(payments).where(payments.c.order_id == order_id)
    await tx.execute(of_order.values(page_url=None, return_url=None))


async def _change(tx: Transaction, payment_id: UUID, **values: Any) -> None:
    await tx.execute(update(payments).where(payments.c.payment_id == payment_id).values(values))


def _payment(row: Mapping[str, Any] | RowMapping) -> Payment:
    return Payment(
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        provider=row["provider"],
        reference=row["reference"],
        state=PaymentState(row["state"]),
        amount=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        captured_minor=row["captured_minor"],
        refund_minor=row["refund_minor"],
        page_url=row["page_url"],
        return_url=row["return_url"],
        expires_at=row["expires_at"],
        look_at=row["look_at"],
        failure=row["failure"] and PaymentFailure(row["failure"]),
        discrepancy=row["discrepancy"] and Discrepancy(row["discrepancy"]),
    )
