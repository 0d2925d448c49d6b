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
) -> tuple[Order, Payment]:
    """Use money that arrived for a locked order, or start its refund; gives order and payment after it, which
    stay as they are when it was known before. What of the payment goes back is not in the answer.

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
        return order, payment
    discrepancy = discrepancy_of(captured=amount, total=order.total) or _captured_twice(order, payment)
    after = await add_captured(tx, payment=payment, amount=amount, at=now)
    if discrepancy is None:
        order = await use_capture(tx, order=order, payment=after, capture=capture, actor=actor, now=now)
    else:
        log.warning("payment_discrepancy", payment_id=str(payment.payment_id), discrepancy=discrepancy)
        await flag_discrepancy(tx, payment_id=payment.payment_id, discrepancy=discrepancy)
        await _refund(tx, payment, capture, discrepancy, now)
    return order, after


async def use_capture(
    tx: Transaction, *, order: Order, payment: Payment, capture: Capture, actor: Actor, now: datetime
) -> Order:
    """Finalize the locked order with its whole price, which is recorded; else start its refund. Gives the
    order after it.
    """
    reason = _of_no_use(order)
    if reason is None:
        try:
            return await finalize(tx, order=order, reason=Reason.PAYMENT_CAPTURED, actor=actor, now=now)
        except PersonLimitReached:
            reason = "person_limit_reached"  # it had lapsed, and meanwhile they bought elsewhere
    await _refund(tx, payment, capture, reason, now)
    return order


def _captured_twice(order: Order, payment: Payment) -> Discrepancy | None:
    """One payment is captured once: whatever it brings after the whole price is too much."""
    whole_price_came = payment.captured_minor >= order.total.amount_minor
    no_use = effect_of(Trigger.CAPTURE, order.state) is not Effect.FINALIZE
    return Discrepancy.CAPTURED_TWICE if whole_price_came and no_use else None


def _of_no_use(order: Order) -> str | None:
    """Why the money cannot be used for the order; None when it can."""
    if effect_of(Trigger.CAPTURE, order.state) is not Effect.FINALIZE:
        return refund_reason(order.state)
    if order.owner.is_nobody:
        return "order_erased"  # there is nobody left who could use its tickets
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
