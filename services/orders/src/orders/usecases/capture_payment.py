"""Records money that an operator saw arrive. It is never dropped: it finalizes the order, or goes back."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.clients.payment_provider import Capture
from orders.domain.order import Money
from orders.domain.refund import RECORDED
from orders.domain.states import Actor
from orders.storage.ledger import record_captured
from orders.storage.orders import lock_order
from orders.storage.payments import find_payment, insert_recorded
from orders.usecases.take_in_capture import use_capture

__all__ = ["RECORDED", "PaymentAmountDiffers", "PaymentReferenceUsed", "capture_payment"]


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
    payment_id = payment.payment_id
    await record_captured(
        tx,
        order_id=order_id,
        payment_id=payment_id,
        provider=provider,
        reference=reference,
        amount=amount,
        at=now,
    )
    capture = Capture(reference=reference, amount=amount, captured_at=now)
    await use_capture(tx, order=order, payment=payment, capture=capture, actor=Actor.OPERATOR, now=now)
    return payment_id


async def _known_payment(tx: Transaction, order_id: UUID, provider: str, reference: str) -> UUID:
    known = await find_payment(tx, provider=provider, reference=reference, payment_id=None)
    if known is None or known.order_id != order_id:
        raise PaymentReferenceUsed
    return known.payment_id
