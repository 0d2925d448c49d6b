"""Asks the provider what became of payments: of those whose notice may be lost, of those whose page
must close. In three steps, for the provider is asked outside of any transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Transaction
from orders.clients.payment_provider import PaymentProvider, ProviderPayment
from orders.domain.states import PaymentFailure, PaymentState
from orders.storage import payment_looks, payments
from orders.storage.orders import lock_order
from orders.storage.payment_looks import DuePayment
from orders.usecases.take_in_payment import take_in_payment

__all__ = ["DuePayment", "LookRules", "ask_about", "claim_due_payments", "take_in_answer"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LookRules:
    """How long until the next question about one payment, at first and at most; how many at once."""

    again_s: float
    again_s_max: float
    payments_max: int


async def claim_due_payments(
    tx: Transaction, *, provider: str, rules: LookRules, now: datetime
) -> list[DuePayment]:
    """Payments to ask about now, which nobody else asks about meanwhile."""
    return await payment_looks.claim_due_payments(
        tx,
        provider=provider,
        again_s=rules.again_s,
        again_s_max=rules.again_s_max,
        payments_max=rules.payments_max,
        now=now,
    )


async def ask_about(provider: PaymentProvider, due: DuePayment) -> ProviderPayment | None:
    """What the payment is by now, closed if it must be; None when the provider has none of ours.

    Raises ProviderUnavailable or ProviderRefused.
    """
    if due.reference is not None:
        found = None if due.must_close else await provider.find_payment(reference=due.reference)
        reference = due.reference
    else:
        found = await provider.find_payment_of(payment_id=due.payment_id)
        if found is None:
            return None
        reference = found.reference
    return await provider.close_payment(reference=reference) if due.must_close else found


async def take_in_answer(
    tx: Transaction, *, due: DuePayment, answer: ProviderPayment | None, provider: str, now: datetime
) -> None:
    """Take in what the provider said. What it knows nothing of was never made: nobody can have paid."""
    if answer is not None:
        await take_in_payment(tx, payment=answer, provider=provider, now=now)
        return
    await lock_order(tx, due.order_id)
    payment = await payments.load_payment(tx, due.payment_id)
    if payment.reference is not None or payment.look_at != due.look_at:
        # Its name came in, or a request goes on with it; or the provider forgot it. It is asked about again.
        return
    if payment.state is PaymentState.PENDING:
        await payments.fail(tx, payment_id=due.payment_id, failure=PaymentFailure.NEVER_MADE, at=now)
    else:
        await payments.stop_looking(tx, payment_id=due.payment_id)
