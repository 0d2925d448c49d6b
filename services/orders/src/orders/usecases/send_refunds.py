"""Sends refunds that are owed to their payment provider, and asks about those it has.

Between claiming one and writing down what came of it the provider is asked, outside any transaction.
Whoever is killed on the way leaves a lease that ends: then the refund is looked for, and else asked for again
under the same name, which the provider takes for the same refund.
"""

from datetime import datetime, timedelta

from chassis.database import Transaction
from orders.clients.payment_provider import (
    PaymentProvider,
    ProviderRefund,
    ProviderRefundState,
    ProviderRefused,
)
from orders.domain.refund import Refund
from orders.domain.states import RefundState
from orders.storage.refunds import claim_due_refunds
from orders.usecases.take_in_refund import Answer


async def claim_refunds(
    tx: Transaction, *, provider: str, refunds_max: int, lease_s: float, now: datetime
) -> list[Refund]:
    """At most `refunds_max` refunds to ask the provider about; nobody else claims them for `lease_s`."""
    lease = timedelta(seconds=lease_s)
    return await claim_due_refunds(tx, provider=provider, refunds_max=refunds_max, lease=lease, now=now)


async def ask_provider(provider: PaymentProvider, *, refund: Refund) -> Answer:
    """Send the refund, or look at the one the provider has. Never within a transaction.

    Raises ProviderUnavailable; also ProviderRefused, of one that it may have and does not show: that says
    nothing of the refund.
    """
    if refund.state is RefundState.SUBMITTED:
        return await provider.find_refund(reference=refund.provider_reference or "")
    # Providers know a name again for a day or so, and whoever asked before may have been gone for longer.
    if refund.asked > 1 and (made := await _find_made(provider, refund)):
        return made
    try:
        return await provider.refund(
            refund_id=refund.refund_id,
            attempt=refund.attempt,
            capture_reference=refund.capture_reference,
            amount=refund.amount,
        )
    except ProviderRefused as refusal:
        return refusal


async def _find_made(provider: PaymentProvider, refund: Refund) -> ProviderRefund | None:
    """What came of asking before: all attempts before this one failed, so one that did not is this one."""
    of_capture = await provider.find_refunds_of(capture_reference=refund.capture_reference)
    ours = (made for made in of_capture if made.refund_id == refund.refund_id)
    return next((made for made in ours if made.state is not ProviderRefundState.FAILED), None)
