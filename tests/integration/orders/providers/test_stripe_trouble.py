"""When Stripe fails, or cannot be reached, over the wire; and what must not be seen of it."""

import asyncio
import logging

import pytest
from integration.orders.providers.dealings import PRICE, create, refund
from integration.orders.providers.stripe_client import client_of, paid
from integration.orders.providers.worlds import IMPATIENT_S, PATIENT_S

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import (
    Capture,
    ProviderRefused,
    ProviderUnavailable,
)
from orders.clients.stripe import Stripe
from support.stripe_stand_in import StripeStandIn
from support.stripe_stand_in.faults import (
    BAD_GATEWAY,
    CARD_REFUSED,
    GARBLED,
    LOCKED,
    NOT_ALLOWED,
    NOTHING_IN_IT,
    OUT_OF_ORDER,
    RATE_LIMITED,
    Answer,
)


@pytest.mark.parametrize(("answer", "times"), [(RATE_LIMITED, 1), (LOCKED, 2)])  # 409: the library asks twice
async def test_what_stripe_could_not_do_now_is_worth_asking_again(
    stripe: Stripe, stand_in: StripeStandIn, answer: Answer, times: int
):
    stand_in.faults.fail(answer, times=times)
    payment_id = new_id()

    with pytest.raises(ProviderUnavailable):
        await create(stripe, payment_id=payment_id)
    made = await create(stripe, payment_id=payment_id)

    assert [made.reference] == list(stand_in.account.sessions)


async def test_a_question_stripe_failed_to_answer_is_asked_once_more_at_once(
    stripe: Stripe, stand_in: StripeStandIn
):
    made = await create(stripe)
    stand_in.faults.fail(OUT_OF_ORDER)

    assert await stripe.find_payment(reference=made.reference) == made


@pytest.mark.parametrize("answer", [GARBLED, BAD_GATEWAY, NOTHING_IN_IT, NOT_ALLOWED])
async def test_an_answer_of_no_use_leaves_it_open_what_happened(
    stripe: Stripe, stand_in: StripeStandIn, answer: Answer
):
    made = await create(stripe)
    paid_with = Capture(reference="pi_any", amount=PRICE, captured_at=utc_now())
    questions = [
        lambda: create(stripe),
        lambda: stripe.find_payment(reference=made.reference),
        lambda: stripe.find_payment_of(payment_id=new_id()),
        lambda: stripe.close_payment(reference=made.reference),
        lambda: refund(stripe, paid_with),
        lambda: stripe.find_refunds_of(capture_reference="pi_any"),
    ]
    for question in questions:
        stand_in.faults.fail(answer, times=2)
        with pytest.raises(ProviderUnavailable):
            await question()
        stand_in.faults.coming.clear()


async def test_what_stripe_refuses_is_refused_with_its_code(stripe: Stripe, stand_in: StripeStandIn):
    stand_in.faults.fail(CARD_REFUSED)
    with pytest.raises(ProviderRefused) as refusal:
        await create(stripe)
    assert refusal.value.code == "card_declined"


async def test_a_wrong_key_is_worth_asking_again_once_it_is_mended(stand_in: StripeStandIn):
    stripe = client_of(stand_in, api_key="sk_test_wrong")
    with pytest.raises(ProviderUnavailable, match="AuthenticationError 401"):
        await create(stripe)
    await stripe.close()


async def test_silence_ends_after_the_time_limit(impatient: Stripe, stand_in: StripeStandIn):
    stand_in.faults.stay_silent(times=3)
    async with asyncio.timeout(IMPATIENT_S * 2):  # the library's second attempt is within the limit
        with pytest.raises(ProviderUnavailable):
            await impatient.find_payment(reference="cs_test_any")


async def test_nobody_there_is_unavailable():
    stripe = Stripe(api_key="sk", api_base="http://127.0.0.1:1", notice_secret="whsec_", timeout_s=PATIENT_S)
    with pytest.raises(ProviderUnavailable):
        await stripe.find_payment(reference="cs_test_any")
    await stripe.close()


async def test_questions_one_after_another_share_a_connection(stripe: Stripe, stand_in: StripeStandIn):
    made = await create(stripe)
    for _ in range(5):
        await stripe.find_payment(reference=made.reference)
    assert 1 == len({each.port for each in stand_in.asked})


async def test_nothing_secret_is_logged_or_shown(
    stripe: Stripe, stand_in: StripeStandIn, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG):
        made = await create(stripe)
        stand_in.faults.fail(CARD_REFUSED)
        with pytest.raises(ProviderRefused) as refusal:
            await create(stripe)
        capture = await paid(stripe, stand_in)
        shown = [repr(made), repr(stripe), repr(capture), repr(refusal.value), str(refusal.value)]

    said = "\n".join([*(record.getMessage() for record in caplog.records), *shown])
    assert made.page_url is not None
    for secret in (stand_in.api_key, stand_in.notice_secret, made.page_url.split("#")[0]):
        assert secret not in said
