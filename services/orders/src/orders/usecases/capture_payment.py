"""Takes in money that arrived for an order, on time, late or twice. It is never dropped: it
finalizes the order, or goes back.
"""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.order import Money, Order
from orders.domain.person_limit import PersonLimitReached
from orders.domain.saga import Effect, Trigger, effect_of
from orders.domain.states import Actor, OrderState, Reason
from orders.storage.orders import lock_order
from orders.storage.payments import Payment, find_payment, insert_recorded, refund_payment
from orders.usecases.steps import finalize

RECORDED = "recorded"
"""The provider of payments that an operator saw and recorded."""


class PaymentAmountDiffers(Exception):
    """What was paid is not what the order costs."""

    def __init__(self, expected: Money) -> None:
        self.expected = expected
        super().__init__(f"the order costs {expected.amount_minor} {expected.currency} in minor units")


class PaymentReferenceUsed(Exception):
    """The reference belongs to the payment of another order."""

    def __init__(self) -> None:
        super().__init__("the reference belongs to the payment of another order")


async def capture_payment(
    tx: Transaction, *, order_id: UUID, amount: Money, provider: str, reference: str, now: datetime
) -> UUID:
    """Record captured money and give the payment's id; the same reference again changes nothing.

    Raises OrderNotFound, PaymentAmountDiffers or PaymentReferenceUsed; then nothing is recorded.
    """
    order = await lock_order(tx, order_id)
    if amount != order.total:
        raise PaymentAmountDiffers(order.total)
    payment = await insert_recorded(
        tx, order_id=order_id, provider=provider, reference=reference, amount=amount, at=now
    )
    if payment is None:
        return await _known_payment(tx, order_id, provider, reference)
    await _use(tx, order, payment, now)
    return payment.payment_id


async def _known_payment(tx: Transaction, order_id: UUID, provider: str, reference: str) -> UUID:
    known = await find_payment(tx, provider=provider, reference=reference, payment_id=None)
    if known is None or known.order_id != order_id:
        raise PaymentReferenceUsed
    return known.payment_id


async def _use(tx: Transaction, order: Order, payment: Payment, now: datetime) -> None:
    if effect_of(Trigger.CAPTURE, order.state) is not Effect.FINALIZE:
        reason = _refund_reason(order.state)
    elif order.owner.is_nobody:
        reason = "order_erased"  # there is nobody left who could use its tickets
    else:
        try:
            await finalize(tx, order=order, reason=Reason.PAYMENT_CAPTURED, actor=Actor.OPERATOR, now=now)
        except PersonLimitReached:
            reason = "person_limit_reached"  # it had lapsed, and meanwhile they bought elsewhere
        else:
            return
    await refund_payment(tx, payment=payment, reason=reason, at=now)


def _refund_reason(state: OrderState) -> str:
    paid_already = state in (OrderState.FINALIZING, OrderState.CONFIRMED)
    return "paid_twice" if paid_already else f"order_{state}"
