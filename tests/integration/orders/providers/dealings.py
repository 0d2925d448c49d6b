"""What tests ask of a provider when the details do not matter: two tickets at 90.00 PLN."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from integration.orders.providers.worlds import Sent, World

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import Capture, PaymentProvider, ProviderPayment, ProviderRefund
from orders.domain.order import Money

PRICE = Money(amount_minor=9000, currency="PLN")


async def create(provider: PaymentProvider, **changes: Any) -> ProviderPayment:
    asked: dict[str, Any] = {
        "payment_id": new_id(),
        "order_id": UUID(int=1),
        "amount": PRICE,
        "description": "Hamlet, 2 tickets",
        "expires_at": utc_now() + timedelta(minutes=10),
        "return_url": "https://tickets.example.org/orders/1",
    }
    return await provider.create_payment(**asked | changes)


async def find(provider: PaymentProvider, payment: ProviderPayment) -> ProviderPayment:
    found = await provider.find_payment(reference=payment.reference)
    assert found is not None
    return found


async def pay(world: World, **changes: Any) -> tuple[ProviderPayment, Capture]:
    """A payment that was paid, and its money."""
    made = await create(world.provider, **changes)
    await world.pay(made.reference)
    found = await find(world.provider, made)
    return found, found.captures[0]


async def refund(provider: PaymentProvider, capture: Capture, **changes: Any) -> ProviderRefund:
    """All of it unless told otherwise."""
    asked: dict[str, Any] = {"refund_id": new_id(), "attempt": 1, "amount": PRICE}
    return await provider.refund(capture_reference=capture.reference, **asked | changes)


def sent(notice: Sent, *, now: datetime | None = None) -> dict[str, Any]:
    """The arguments of `read_notice`."""
    headers, body = notice
    return {"headers": headers, "body": body, "now": now or utc_now()}
