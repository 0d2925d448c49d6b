"""Takes in what a provider says of a payment, whoever asked or was told, in whatever order."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.clients.payment_provider import ProviderPayment


async def take_in_payment(
    tx: Transaction, *, payment: ProviderPayment, provider: str, now: datetime
) -> UUID | None:
    """Give our name of the payment; None when it is none of ours, and nothing is done.

    It locks the payment's order. Told again, or told what was so before, it changes nothing.
    """
    raise NotImplementedError
