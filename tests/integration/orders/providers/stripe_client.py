"""A client for the stand-in of Stripe."""

from typing import Any

from integration.orders.providers.dealings import create, find
from integration.orders.providers.worlds import PATIENT_S

from orders.clients.payment_provider import Capture
from orders.clients.stripe import Stripe
from support.stripe_stand_in import StripeStandIn


def client_of(stand_in: StripeStandIn, **changes: Any) -> Stripe:
    given: dict[str, Any] = {
        "api_key": stand_in.api_key,
        "api_base": stand_in.url,
        "notice_secret": stand_in.notice_secret,
        "timeout_s": PATIENT_S,
    }
    return Stripe(**given | changes)


async def paid(stripe: Stripe, stand_in: StripeStandIn) -> Capture:
    """The money of a session that was paid."""
    made = await create(stripe)
    stand_in.account.pay(made.reference)
    return (await find(stripe, made)).captures[0]
