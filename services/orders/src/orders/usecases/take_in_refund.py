"""Takes in what a payment provider tells of a refund, whenever and however often it does."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Transaction
from orders.clients.payment_provider import ProviderRefund, ProviderRefundState, ProviderRefused
from orders.domain.refund import Pauses, Refund
from orders.domain.states import RefundState
from orders.storage.ledger import record_refunded
from orders.storage.refund_outcomes import (
    ask_again,
    save_failed_attempt,
    save_reopened,
    save_settled,
    save_submitted,
)
from orders.storage.refunds import find_refund, lock_refund

Answer = ProviderRefund | ProviderRefused | None
"""What came of asking: the refund there, a refusal, or nothing that could be used."""


async def take_in_refund(
    tx: Transaction, *, refund: ProviderRefund, provider: str, now: datetime
) -> UUID | None:
    """Handle a notice about a refund and give the payment's id; None: it is none of ours.

    A notice settles a refund, for good news is final until it is taken back. Of a failure, and of a success
    after we had given up, it only has the job ask at once: notices come late and out of order, and a new
    attempt may be under way.
    """
    found = await find_refund(tx, provider=provider, refund_id=refund.refund_id, reference=refund.reference)
    if found is None:
        return None
    known = await lock_refund(tx, found.refund_id)
    if refund.state is ProviderRefundState.SUCCEEDED and _is_about(refund, known):
        await settle(tx, refund=known, reference=refund.reference, now=now)
    elif refund.state is ProviderRefundState.SUCCEEDED and known.state is RefundState.FAILED:
        await save_submitted(tx, refund=known, reference=refund.reference, next_look_at=now)
    elif refund.state is ProviderRefundState.FAILED and refund.reference == known.provider_reference:
        await _look_into_failure(tx, known, now)
    return known.payment_id


async def take_in_answer(
    tx: Transaction, *, asked: Refund, answer: Answer, pauses: Pauses, now: datetime
) -> None:
    """Write down what the provider answered when it was asked about a claimed refund.

    Nothing changes if somebody was faster: a notice, or another job after this one's lease.
    """
    refund = await lock_refund(tx, asked.refund_id)
    if not refund.is_open or refund.attempts != asked.attempts:
        return
    match answer:
        case ProviderRefund(state=ProviderRefundState.SUCCEEDED, reference=reference):
            await settle(tx, refund=refund, reference=reference, now=now)
        case ProviderRefund(state=ProviderRefundState.FAILED, reference=reference, failure=failure):
            await _fail(tx, refund, reference=reference, failure=failure or "failed", pauses=pauses, now=now)
        case ProviderRefund(reference=reference):
            next_look_at = now + pauses.before_look(refund.asked)
            await save_submitted(tx, refund=refund, reference=reference, next_look_at=next_look_at)
        case ProviderRefused(code=code):
            await _fail(tx, refund, reference=None, failure=code, pauses=pauses, now=now)
        case None:
            await ask_again(tx, refund=refund, at=now + _pause_after_silence(refund, pauses))


async def settle(tx: Transaction, *, refund: Refund, reference: str | None, now: datetime) -> None:
    """The money is back: the refund is settled and the ledger says so, once. Without a `reference` at the
    provider a person paid it back.
    """
    await save_settled(tx, refund=refund, reference=reference, at=now)
    await record_refunded(
        tx,
        order_id=refund.order_id,
        payment_id=refund.payment_id,
        refund_id=refund.refund_id,
        provider=refund.provider,
        amount=refund.amount,
        at=now,
    )


def _is_about(told: ProviderRefund, known: Refund) -> bool:
    """Whether it is the attempt that is under way: old news of one that failed since settle nothing."""
    if known.state is RefundState.PENDING:
        return known.attempts == 0
    return known.state is RefundState.SUBMITTED and told.reference == known.provider_reference


async def _look_into_failure(tx: Transaction, refund: Refund, now: datetime) -> None:
    if refund.state is RefundState.SETTLED:
        await save_reopened(tx, refund=refund, at=now)
    elif refund.state is RefundState.SUBMITTED:
        await ask_again(tx, refund=refund, at=now)


async def _fail(
    tx: Transaction, refund: Refund, *, reference: str | None, failure: str, pauses: Pauses, now: datetime
) -> None:
    given_up = refund.attempt >= pauses.attempts_max
    next_attempt_at = None if given_up else now + pauses.before_attempt(refund.attempt)
    await save_failed_attempt(
        tx, refund=refund, reference=reference, failure=failure, next_attempt_at=next_attempt_at
    )


def _pause_after_silence(refund: Refund, pauses: Pauses) -> timedelta:
    if refund.state is RefundState.SUBMITTED:
        return pauses.before_look(refund.asked)
    return pauses.before_asking_again(refund.asked)
