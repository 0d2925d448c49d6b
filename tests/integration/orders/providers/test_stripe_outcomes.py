"""What became of a Checkout Session, over the wire."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from integration.orders.providers.dealings import PRICE, create
from integration.orders.providers.stripe_client import paid

from chassis.clock import utc_now
from orders.clients.payment_provider import (
    Capture,
    ProviderPayment,
    ProviderPaymentState,
    ProviderRefused,
)
from orders.clients.stripe import Stripe
from orders.domain.order import Money
from support.stripe_stand_in import StripeStandIn


async def test_money_that_arrived_is_a_capture_named_by_its_intent(stripe: Stripe, stand_in: StripeStandIn):
    made = await create(stripe)
    stand_in.account.pay(made.reference)

    found = await stripe.find_payment(reference=made.reference)

    [intent], [charge] = stand_in.account.intents.values(), stand_in.account.charges.values()
    captured_at = datetime.fromtimestamp(charge["created"], UTC)
    assert found is not None
    assert (found.state, found.page_url) == (ProviderPaymentState.CAPTURED, None)
    assert found.captures == (Capture(reference=intent["id"], amount=PRICE, captured_at=captured_at),)


@pytest.mark.parametrize(
    ("differing", "arrived"),
    [
        ({"amount": 8900}, Money(amount_minor=8900, currency="PLN")),
        ({"currency": "eur"}, Money(amount_minor=9000, currency="EUR")),
    ],
)
async def test_a_capture_says_what_arrived_and_not_what_was_asked(
    stripe: Stripe, stand_in: StripeStandIn, differing: dict[str, Any], arrived: Money
):
    made = await create(stripe)
    stand_in.account.pay(made.reference, **differing)

    found = await stripe.find_payment(reference=made.reference)

    assert found is not None
    assert [arrived] == [each.amount for each in found.captures]


async def test_a_declined_card_leaves_the_page_open(stripe: Stripe, stand_in: StripeStandIn):
    made = await create(stripe)
    stand_in.account.decline(made.reference)

    found = await stripe.find_payment(reference=made.reference)

    assert found is not None
    assert (found.state, found.declined) == (ProviderPaymentState.OPEN, True)
    assert made.page_url == found.page_url


async def test_money_on_its_way_is_processing_until_it_arrives_or_does_not(
    stripe: Stripe, stand_in: StripeStandIn
):
    states = []
    for outcome in (stand_in.account.money_arrives, stand_in.account.money_does_not_arrive):
        made = await create(stripe)
        stand_in.account.pay_slowly(made.reference)
        states.append(await state_of(stripe, made))
        outcome(made.reference)
        states.append(await state_of(stripe, made))

    processing, captured, failed = (
        ProviderPaymentState.PROCESSING,
        ProviderPaymentState.CAPTURED,
        ProviderPaymentState.FAILED,
    )
    assert [processing, captured, processing, failed] == states


async def state_of(stripe: Stripe, payment: ProviderPayment) -> ProviderPaymentState | None:
    found = await stripe.find_payment(reference=payment.reference)
    return found and found.state


async def test_an_unknown_reference_is_nothing(stripe: Stripe):
    assert await stripe.find_payment(reference="cs_test_nobodys") is None
    assert await stripe.find_refund(reference="re_nobodys") is None


async def test_a_closed_page_is_closed_at_stripe(stripe: Stripe, stand_in: StripeStandIn):
    made = await create(stripe)

    closed = await stripe.close_payment(reference=made.reference)

    assert (closed.state, closed.page_url) == (ProviderPaymentState.EXPIRED, None)
    assert stand_in.account.sessions[made.reference]["status"] == "expired"


async def test_closing_what_was_paid_meanwhile_tells_of_the_money(stripe: Stripe, stand_in: StripeStandIn):
    made = await create(stripe)
    stand_in.account.pay(made.reference)

    closed = await stripe.close_payment(reference=made.reference)

    assert (closed.state, len(closed.captures)) == (ProviderPaymentState.CAPTURED, 1)


async def test_closing_an_unknown_payment_is_refused(stripe: Stripe):
    with pytest.raises(ProviderRefused, match="resource_missing"):
        await stripe.close_payment(reference="cs_test_nobodys")


async def test_stripes_view_since_a_time_is_read_page_by_page(stripe: Stripe, stand_in: StripeStandIn):
    capture = await paid(stripe, stand_in)
    [session] = stand_in.account.sessions.values()
    old = {**session, "id": "cs_test_old", "created": session["created"] - 7200}
    more = [{**session, "id": f"cs_test_{number}"} for number in range(120)]
    stand_in.account.sessions = {each["id"]: each for each in (old, session, *more)}

    seen = [each async for each in stripe.payments_since(since=utc_now() - timedelta(hours=1))]

    assert 121 == len({each.reference for each in seen})
    assert {capture.reference} == {each.captures[0].reference for each in seen}


async def test_what_else_the_account_is_used_for_is_no_payment_of_ours(
    stripe: Stripe, stand_in: StripeStandIn
):
    made = await create(stripe)
    session = stand_in.account.sessions[made.reference]
    subscription = {"mode": "subscription", "status": "complete", "payment_status": "paid", "url": None}
    card_kept = {"mode": "setup", "amount_total": None, "currency": None, "url": None}
    for number, others in enumerate((subscription, card_kept)):
        theirs = {"id": f"cs_test_{number}", "client_reference_id": f"shop-{number}"}
        stand_in.account.sessions[theirs["id"]] = {**session, **others, **theirs}

    seen = [each async for each in stripe.payments_since(since=utc_now() - timedelta(hours=1))]

    assert [None, None, made.payment_id] == [each.payment_id for each in seen]
    assert [()] * 3 == [each.captures for each in seen]
