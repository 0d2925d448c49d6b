"""Refunds at Stripe, over the wire."""

from datetime import timedelta

import pytest
from integration.orders.providers.dealings import refund
from integration.orders.providers.stripe_client import paid

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import (
    ProviderRefund,
    ProviderRefundState,
    ProviderRefused,
    ProviderUnavailable,
)
from orders.clients.stripe import Stripe
from orders.domain.order import Money
from support.stripe_stand_in import OUT_OF_ORDER, StripeStandIn


async def test_a_refund_in_part_leaves_the_rest_to_be_refunded(stripe: Stripe, stand_in: StripeStandIn):
    capture = await paid(stripe, stand_in)
    refund_id, part = new_id(), Money(amount_minor=2500, currency="PLN")

    first = await refund(stripe, capture, refund_id=refund_id, amount=part)
    rest = await refund(stripe, capture, amount=Money(amount_minor=6500, currency="PLN"))

    assert first == ProviderRefund(
        reference=first.reference,
        refund_id=refund_id,
        state=ProviderRefundState.SUCCEEDED,
        amount=part,
        capture_reference=capture.reference,
    )
    of_capture = await stripe.find_refunds_of(capture_reference=capture.reference)
    since = [each async for each in stripe.refunds_since(since=utc_now() - timedelta(hours=1))]
    assert [rest, first] == list(of_capture) == since
    assert first == await stripe.find_refund(reference=first.reference)


async def test_a_refund_asked_for_again_is_the_same_refund(stripe: Stripe, stand_in: StripeStandIn):
    capture, refund_id = await paid(stripe, stand_in), new_id()

    made = [await refund(stripe, capture, refund_id=refund_id) for _ in range(3)]

    asked = [each for each in stand_in.asked if (each.method, each.path) == ("POST", "/v1/refunds")]
    assert [f"{refund_id}.1"] * 3 == [each.headers["idempotency-key"] for each in asked]
    assert (1, 1) == (len({each.reference for each in made}), len(stand_in.account.refunds))


async def test_a_lost_answer_does_not_refund_twice(
    stripe: Stripe, impatient: Stripe, stand_in: StripeStandIn
):
    capture, refund_id = await paid(stripe, stand_in), new_id()
    stand_in.faults.stay_silent(done=True)

    with pytest.raises(ProviderUnavailable):
        await refund(impatient, capture, refund_id=refund_id)
    again = await refund(stripe, capture, refund_id=refund_id)

    assert [again.reference] == list(stand_in.account.refunds)


async def test_a_refund_that_failed_at_stripe_can_be_tried_again(stripe: Stripe, stand_in: StripeStandIn):
    capture, refund_id = await paid(stripe, stand_in), new_id()
    stand_in.account.refunds_become = "failed"
    failed = await refund(stripe, capture, refund_id=refund_id)
    found = await stripe.find_refund(reference=failed.reference)
    stand_in.account.refunds_become = "succeeded"

    again = await refund(stripe, capture, refund_id=refund_id, attempt=2)

    assert found is not None
    assert (found.state, found.failure) == (ProviderRefundState.FAILED, "declined")
    assert (again.state, again.refund_id) == (ProviderRefundState.SUCCEEDED, refund_id)
    assert again.reference != failed.reference


@pytest.mark.parametrize("status", ["pending", "requires_action"])
async def test_a_refund_on_its_way_is_pending(stripe: Stripe, stand_in: StripeStandIn, status: str):
    capture = await paid(stripe, stand_in)
    stand_in.account.refunds_become = status

    assert (await refund(stripe, capture)).state == ProviderRefundState.PENDING


async def test_more_than_is_left_is_refused_with_stripes_word(stripe: Stripe, stand_in: StripeStandIn):
    capture = await paid(stripe, stand_in)
    too_much = Money(amount_minor=9001, currency="PLN")

    with pytest.raises(ProviderRefused) as more:
        await refund(stripe, capture, amount=too_much)
    await refund(stripe, capture)
    with pytest.raises(ProviderRefused) as again:
        await refund(stripe, capture)

    assert ("invalid_request_error", "charge_already_refunded") == (more.value.code, again.value.code)
    assert 1 == len(stand_in.account.refunds)


async def test_a_refund_done_while_stripe_failed_is_found_and_not_repeated(
    stripe: Stripe, stand_in: StripeStandIn
):
    """Stripe repeats its 500 for a day: the refund is looked for instead."""
    capture, refund_id = await paid(stripe, stand_in), new_id()
    stand_in.faults.fail(OUT_OF_ORDER, done=True)

    made = await refund(stripe, capture, refund_id=refund_id)

    assert [made.reference] == list(stand_in.account.refunds)
    assert refund_id == made.refund_id


async def test_a_refund_not_done_while_stripe_failed_is_refused_for_this_attempt(
    stripe: Stripe, stand_in: StripeStandIn
):
    capture, refund_id = await paid(stripe, stand_in), new_id()
    stand_in.faults.fail(OUT_OF_ORDER, done=False)

    with pytest.raises(ProviderRefused, match="api_error"):
        await refund(stripe, capture, refund_id=refund_id)
    made = await refund(stripe, capture, refund_id=refund_id, attempt=2)

    assert [made.reference] == list(stand_in.account.refunds)
