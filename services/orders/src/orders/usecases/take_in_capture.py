"""Takes in money that arrived for an order, on time, late or twice. It is never dropped: it
finalizes the order, or goes back.
"""

from datetime import datetime

from chassis.database import Transaction
from chassis.logs import get_logger
from orders.clients.payment_provider import Capture
from orders.domain.order import Order
from orders.domain.payment import discrepancy_of, refund_reason
from orders.domain.person_limit import PersonLimitReached
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, Discrepancy, Reason
from orders.storage.ledger import record_captured
from orders.storage.payments import Payment, add_captured, flag_discrepancy
from orders.storage.refunds import start_refund
from orders.usecases.steps import finalize

log = get_logger()

EXCESS = "excess"
"""The cause of a refund of money that fitted nothing when it arrived."""


async def take_in_capture(
    tx: Transaction, *, order: Order, payment: Payment, capture: Capture, actor: Actor, now: datetime
) -> bool:
    """Use money that arrived for a locked order, or start its refund; False when it was known before.

    Amount and currency are compared with the order before anything else happens.
    """
    amount, reference = capture.amount, capture.reference
    is_new = await record_captured(
        tx,
        order_id=order.order_id,
        payment_id=payment.payment_id,
        provider=payment.provider,
        reference=reference,
        amount=amount,
        at=now,
    )
    if not is_new:
        return False
    await add_captured(tx, payment=payment, amount=amount, at=now)
    discrepancy = discrepancy_of(captured=amount, total=order.total) or _captured_twice(order, payment)
    if discrepancy is None:
        await use_capture(tx, order=order, payment=payment, capture=capture, actor=actor, now=now)
    else:
        log.warning("payment_discrepancy", payment_id=str(payment.payment_id), discrepancy=discrepancy)
        await flag_discrepancy(tx, payment_id=payment.payment_id, discrepancy=discrepancy)
        await _refund(tx, payment, capture, discrepancy, now)
    return True


async def use_capture(
    tx: Transaction, *, order: Order, payment: Payment, capture: Capture, actor: Actor, now: datetime
) -> None:
    """Finalize the locked order with its whole price, which is recorded; else start its refund."""
    reason = await _finalize_or_say_why_not(tx, order, actor, now)
    if reason is not None:
        await _refund(tx, payment, capture, reason, now)


def _captured_twice(order: Order, payment: Payment) -> Discrepancy | None:
    """One payment is captured once: whatever it brings after the whole price is too much."""
    whole_price_came = payment.captured_minor >= order.total.amount_minor
    is_of_no_use = effect_of(Trigger.CAPTURE, order.state) is not Effect.FINALIZE
    return Discrepancy.CAPTURED_TWICE if whole_price_came and is_of_no_use else None


async def _finalize_or_say_why_not(tx: Transaction, order: Order, actor: Actor, now: datetime) -> str | None:
    if effect_of(Trigger.CAPTURE, order.state) is not Effect.FINALIZE:
        return refund_reason(order.state)
    if order.owner.is_nobody:
        return "order_erased"  # there is nobody left who could use its tickets
    try:
        await finalize(tx, order=order, reason=Reason.PAYMENT_CAPTURED, actor=actor, now=now)
    except PersonLimitReached:
        return "person_limit_reached"  # it had lapsed, and meanwhile they bought elsewhere
    return None


async def _refund(tx: Transaction, payment: Payment, capture: Capture, reason: str, now: datetime) -> None:
    await start_refund(
        tx,
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        capture_reference=capture.reference,
        amount=capture.amount,
        cause=EXCESS,
        reason=reason,
        at=now,
    )
