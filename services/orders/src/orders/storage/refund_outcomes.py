"""What became of refunds at their provider; written only while their order is locked."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, true, update

from chassis.database import Transaction
from orders.domain.refund import Refund
from orders.domain.states import PaymentState, RefundState
from orders.metrics import payments_came, refund_came
from orders.storage.tables import payments, refunds


async def save_submitted(tx: Transaction, *, refund: Refund, reference: str, next_look_at: datetime) -> None:
    """The provider has taken it on; the count of questions begins anew with each name it gives it."""
    asked = case((refunds.c.provider_reference == reference, refunds.c.asked), else_=0)
    await _change(
        tx,
        refund,
        state=RefundState.SUBMITTED,
        provider_reference=reference,
        next_attempt_at=next_look_at,
        asked=asked,
        settled_at=None,
    )


async def save_failed_attempt(
    tx: Transaction, *, refund: Refund, reference: str | None, failure: str, next_attempt_at: datetime | None
) -> None:
    """One more attempt failed, `reference` at the provider if it has a name there. Without a next one the
    refund is given up, and an operator's.
    """
    await _change(
        tx,
        refund,
        state=RefundState.FAILED if next_attempt_at is None else RefundState.PENDING,
        attempts=refund.attempt,
        asked=0,
        provider_reference=reference or refunds.c.provider_reference,
        failure=failure,
        next_attempt_at=next_attempt_at,
    )


async def ask_again(tx: Transaction, *, refund: Refund, at: datetime) -> None:
    """Have the job ask the provider about it at `at`."""
    await _change(tx, refund, next_attempt_at=at)


async def send_again(tx: Transaction, *, refund: Refund, at: datetime) -> None:
    """Have the job try one that was given up once more."""
    await _change(tx, refund, state=RefundState.PENDING, asked=0, next_attempt_at=at)


async def save_settled(tx: Transaction, *, refund: Refund, reference: str | None, at: datetime) -> None:
    """It is paid back, and its payment refunded if nothing of it is kept or still on its way.

    `reference` is the provider's name of what paid it back. None: a person did. An attempt that failed before
    then gives the refund no name any more, so that late news of it opens nothing again.
    """
    await _change(
        tx,
        refund,
        state=RefundState.SETTLED,
        settled_at=at,
        next_attempt_at=None,
        provider_reference=reference,
    )
    unsettled = exists().where(
        refunds.c.payment_id == refund.payment_id, refunds.c.state != RefundState.SETTLED
    )
    await _change_payment(
        tx, refund, ~unsettled, before=PaymentState.REFUNDING, after=PaymentState.REFUNDED, at=at
    )


async def save_reopened(tx: Transaction, *, refund: Refund, at: datetime) -> None:
    """The provider took back that it was paid back: it is under way again, and asked about at once."""
    await _change(tx, refund, state=RefundState.SUBMITTED, settled_at=None, asked=0, next_attempt_at=at)
    await _change_payment(
        tx, refund, true(), before=PaymentState.REFUNDED, after=PaymentState.REFUNDING, at=at
    )


async def _change(tx: Transaction, refund: Refund, **values: Any) -> None:
    refund_came(tx, values.get("state", refund.state), before=refund.state)
    await tx.execute(update(refunds).where(refunds.c.refund_id == refund.refund_id).values(values))


async def _change_payment(
    tx: Transaction,
    refund: Refund,
    condition: ColumnElement[bool],
    *,
    before: PaymentState,
    after: PaymentState,
    at: datetime,
) -> None:
    this = (payments.c.payment_id == refund.payment_id) & (payments.c.state == before)
    changed = await tx.execute(update(payments).where(this, condition).values(state=after, changed_at=at))
    payments_came(tx, after, number=changed.rowcount)
