"""Checkout Sessions over the wire: what we ask of Stripe, and that asking again makes no second one."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from integration.orders.providers.dealings import create
from stripe import VERSION as LIBRARY_VERSION

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import (
    ProviderPayment,
    ProviderPaymentState,
    ProviderUnavailable,
)
from orders.clients.stripe import CREATED_AFTER_S, PAGE_LIVES_S, Stripe
from support.stripe_stand_in import StripeStandIn
from support.stripe_stand_in.shapes import API_VERSION


async def test_a_payment_is_an_open_checkout_session_under_our_id(stripe: Stripe, stand_in: StripeStandIn):
    payment_id = new_id()

    made = await create(stripe, payment_id=payment_id)

    session = stand_in.account.sessions[made.reference]
    assert made == ProviderPayment(
        reference=session["id"],
        payment_id=payment_id,
        state=ProviderPaymentState.OPEN,
        page_url=session["url"],
    )
    assert (session["amount_total"], session["currency"]) == (9000, "pln")
    assert session["success_url"] == session["cancel_url"] == "https://tickets.example.org/orders/1"


async def test_a_buyer_cannot_pay_in_another_currency(stripe: Stripe, stand_in: StripeStandIn):
    made = await create(stripe)
    assert stand_in.account.sessions[made.reference]["adaptive_pricing"] == {"enabled": False}


async def test_requests_carry_the_key_the_version_and_our_idempotency_key(
    stripe: Stripe, stand_in: StripeStandIn
):
    payment_id = new_id()
    await create(stripe, payment_id=payment_id)

    headers = stand_in.asked[0].headers
    assert headers["authorization"] == f"Bearer {stand_in.api_key}"
    assert headers["idempotency-key"] == str(payment_id)
    assert headers["stripe-version"] == API_VERSION
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert LIBRARY_VERSION in headers["user-agent"]


async def test_the_page_lives_as_short_as_stripe_allows_and_no_shorter_than_asked(
    stripe: Stripe, stand_in: StripeStandIn
):
    soon, late = utc_now() + timedelta(minutes=10), utc_now() + timedelta(hours=3)

    for_soon = await create(stripe, expires_at=soon)
    for_late = await create(stripe, expires_at=late)

    sessions = stand_in.account.sessions
    shortest = sessions[for_soon.reference]["expires_at"] - sessions[for_soon.reference]["created"]
    assert PAGE_LIVES_S - 2 <= shortest <= PAGE_LIVES_S
    assert sessions[for_late.reference]["expires_at"] == int(late.timestamp())


async def test_the_same_payment_asked_for_again_is_the_same_session(stripe: Stripe, stand_in: StripeStandIn):
    payment_id, expires_at = new_id(), utc_now() + timedelta(minutes=10)

    first = await create(stripe, payment_id=payment_id, expires_at=expires_at)
    again = await create(stripe, payment_id=payment_id, expires_at=expires_at)

    assert (first, 1) == (again, len(stand_in.account.sessions))


async def test_ten_replicas_asking_for_the_same_payment_get_one_session(
    stripe: Stripe, stand_in: StripeStandIn
):
    payment_id, expires_at = new_id(), utc_now() + timedelta(minutes=10)

    made = await asyncio.gather(
        *(create(stripe, payment_id=payment_id, expires_at=expires_at) for _ in range(10))
    )

    assert {each.reference for each in made} == set(stand_in.account.sessions)


async def test_asking_again_with_another_time_gives_the_session_there_is(
    stripe: Stripe, stand_in: StripeStandIn
):
    payment_id = new_id()
    first = await create(stripe, payment_id=payment_id)

    again = await create(stripe, payment_id=payment_id, expires_at=utc_now() + timedelta(hours=2))

    assert (first.reference, 1) == (again.reference, len(stand_in.account.sessions))


async def test_a_lost_answer_is_found_by_our_id(stripe: Stripe, impatient: Stripe, stand_in: StripeStandIn):
    payment_id = new_id()
    stand_in.faults.stay_silent(done=True)

    with pytest.raises(ProviderUnavailable):
        await create(impatient, payment_id=payment_id)
    found = await stripe.find_payment_of(payment_id=payment_id)

    assert found is not None
    assert [found.reference] == list(stand_in.account.sessions)


async def test_a_session_is_found_by_our_id_among_many_pages(stripe: Stripe, stand_in: StripeStandIn):
    wanted = new_id()
    made = await create(stripe, payment_id=wanted)
    for session in (dict(stand_in.account.sessions[made.reference]) for _ in range(250)):
        session |= {"id": f"cs_test_{uuid.uuid4().hex}", "client_reference_id": str(new_id())}
        stand_in.account.sessions[session["id"]] = session

    found = await stripe.find_payment_of(payment_id=wanted)

    assert found is not None
    assert made.reference == found.reference
    lists = [each for each in stand_in.asked if each.method == "GET"]
    assert (3, {"100"}) == (len(lists), {each.given["limit"] for each in lists})


async def test_a_payment_never_created_is_not_found(stripe: Stripe):
    await create(stripe)
    assert await stripe.find_payment_of(payment_id=new_id()) is None


async def test_only_sessions_of_the_payments_own_time_are_looked_at(stripe: Stripe, stand_in: StripeStandIn):
    made = await create(stripe, payment_id=(payment_id := new_id()))
    stand_in.account.sessions[made.reference]["created"] += CREATED_AFTER_S + 60

    assert await stripe.find_payment_of(payment_id=payment_id) is None
