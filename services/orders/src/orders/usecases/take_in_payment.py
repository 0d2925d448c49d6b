"""Takes in what a provider says of a payment, whoever asked or was told, in whatever order."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.clients.payment_provider import ProviderPayment, ProviderPaymentState
from orders.domain.order import Order
from orders.domain.payment import failure_of
from orders.domain.states import Actor, PaymentFailure, PaymentState
from orders.storage import payment_looks, payments
from orders.storage.payments import Payment
from orders.usecases.take_in_capture import take_in_capture

_ENDED = (ProviderPaymentState.EXPIRED, ProviderPaymentState.FAILED)


async def take_in_payment(
    tx: Transaction, *, payment: ProviderPayment, provider: str, now: datetime
) -> UUID | None:
    """Give our name of the payment; None when it is none of ours, and nothing is done.

    It locks the payment's order. What is said may be old, or said again: money that is known stays
    known, and a payment that ended without money still takes in what arrives later.
    """
    locked = await payments.lock_payment(
        tx, provider=provider, reference=payment.reference, payment_id=payment.payment_id
    )
    if locked is None:
        return None
    order, ours = locked
    ours = await _named(tx, ours, payment, now)
    for capture in payment.captures:
        actor = Actor.PAYMENT_PROVIDER
        order, ours = await take_in_capture(
            tx, order=order, payment=ours, capture=capture, actor=actor, now=now
        )
    if payment.reference == ours.reference:
        await _take_in_state(tx, order, ours, payment, now)
    return ours.payment_id


async def _named(tx: Transaction, ours: Payment, told: ProviderPayment, now: datetime) -> Payment:
    """Ours, with the provider's name for it: we may hear of it before the answer that should have said it.

    One we had given up is still open there: the job closes it.
    """
    if ours.reference is not None:
        return ours
    payment_id = ours.payment_id
    if ours.state is PaymentState.FAILED:
        await payment_looks.look_soon(tx, payment_id=payment_id, at=now)
    return await payments.save_reference(
        tx, payment_id=payment_id, reference=told.reference, page_url=told.page_url
    )


async def _take_in_state(
    tx: Transaction, order: Order, ours: Payment, told: ProviderPayment, now: datetime
) -> None:
    payment_id, is_pending = ours.payment_id, ours.state is PaymentState.PENDING
    if is_pending and told.state in _ENDED:
        declined = told.declined or told.state is ProviderPaymentState.FAILED
        failure = failure_of(declined=declined, order_state=order.state)
        await payments.fail(tx, payment_id=payment_id, failure=failure, at=now)
    elif is_pending:
        failure = PaymentFailure.DECLINED if told.declined else None
        if failure is not ours.failure:
            await payments.save_attempt(tx, payment_id=payment_id, failure=failure)
    elif told.state in (*_ENDED, ProviderPaymentState.CAPTURED):
        await payments.stop_looking(tx, payment_id=payment_id)
