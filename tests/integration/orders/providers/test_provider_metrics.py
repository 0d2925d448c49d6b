"""How often a payment provider answered, refused or said nothing of use, and how long it took."""

import pytest
from integration.orders.providers.dealings import create
from integration.orders.providers.stripe_client import client_of

from orders.clients.payment_provider import ProviderRefused, ProviderUnavailable
from orders.clients.sandbox import Sandbox
from orders.clients.stripe import Stripe
from support.metrics import Rise
from support.stripe_stand_in import StripeStandIn
from support.stripe_stand_in.faults import CARD_REFUSED, GARBLED, RATE_LIMITED

CALLS = "rowlock_provider_calls_total"


async def test_a_question_that_was_answered_refused_or_not_answered_has_its_word(
    stripe: Stripe, stand_in: StripeStandIn
) -> None:
    rise = Rise()
    made = await create(stripe)
    assert rise.by("outcome", CALLS, provider="stripe") == {"answered": 1}
    for fault, error, word in (
        (CARD_REFUSED, ProviderRefused, "refused"),
        (RATE_LIMITED, ProviderUnavailable, "unavailable"),
        (GARBLED, ProviderUnavailable, "unavailable"),
    ):
        stand_in.faults.fail(fault)
        rise = Rise()
        with pytest.raises(error):
            await stripe.find_payment(reference=made.reference)
        assert rise.by("outcome", CALLS, provider="stripe") == {word: 1}
        assert rise.of("rowlock_provider_call_seconds_count", provider="stripe") == 1


async def test_a_provider_that_is_away_is_unavailable(stand_in: StripeStandIn) -> None:
    sandbox = Sandbox(
        url="http://127.0.0.1:1", api_key="key", notice_secret="whsec_c2VjcmV0c2VjcmV0", timeout_s=1
    )
    stripe = client_of(stand_in)
    rise = Rise()
    with pytest.raises(ProviderUnavailable):
        await sandbox.find_payment(reference="pay_1")
    assert rise.by("outcome", CALLS, provider="sandbox") == {"unavailable": 1}
    assert rise.of(CALLS, provider="stripe") == 0
    await sandbox.close()
    await stripe.close()
