"""The Stripe client over the wire, against a stand-in that serves the shapes of Stripe's API."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stripe import VERSION as LIBRARY_VERSION

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import (
    Capture,
    ProviderPayment,
    ProviderPaymentState,
    ProviderRefund,
    ProviderRefundState,
    ProviderRefused,
    ProviderUnavailable,
)
from orders.clients.stripe import CREATED_AFTER_S, PAGE_LIVES_S, Stripe
from orders.domain.order import Money
from support.stripe_stand_in import (
    CARD_REFUSED,
    LOCKED,
    OUT_OF_ORDER,
    RATE_LIMITED,
    StripeStandIn,
    running_stripe,
)
from support.stripe_stand_in.shapes import API_VERSION

PRICE = Money(amount_minor=9000, currency="PLN")
TIMEOUT_S = 0.8


@pytest.fixture
async def stand_in() -> AsyncIterator[StripeStandIn]:
    async with running_stripe() as stand_in:
        yield stand_in


@pytest.fixture
async def stripe(stand_in: StripeStandIn) -> AsyncIterator[Stripe]:
    stripe = client_of(stand_in)
    yield stripe
    await stripe.close()


def client_of(stand_in: StripeStandIn, **changes: Any) -> Stripe:
    given = {"api_key": stand_in.api_key, "api_base": stand_in.url, "notice_secret": stand_in.notice_secret}
    return Stripe(**given | {"timeout_s": TIMEOUT_S} | changes)


async def create(stripe: Stripe, *, payment_id: uuid.UUID | None = None, **changes: Any) -> ProviderPayment:
    asked: dict[str, Any] = {
        "order_id": uuid.UUID(int=1),
        "amount": PRICE,
        "description": "Hamlet, 2 tickets",
        "expires_at": utc_now() + timedelta(minutes=10),
        "return_url": "https://tickets.example.org/orders/1",
    }
    return await stripe.create_payment(payment_id=payment_id or new_id(), **asked | changes)


async def paid(stripe: Stripe, stand_in: StripeStandIn) -> Capture:
    made = await create(stripe)
    stand_in.account.pay(made.reference)
    found = await stripe.find_payment(reference=made.reference)
    assert found is not None
    return found.captures[0]


async def refund(stripe: Stripe, capture: Capture, **changes: Any) -> ProviderRefund:
    asked: dict[str, Any] = {"refund_id": new_id(), "attempt": 1, "amount": PRICE}
    return await stripe.refund(capture_reference=capture.reference, **asked | changes)


# Creating


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


async def test_a_lost_answer_is_found_by_our_id(stripe: Stripe, stand_in: StripeStandIn):
    payment_id = new_id()
    stand_in.faults.stay_silent(done=True)

    with pytest.raises(ProviderUnavailable):
        await create(stripe, payment_id=payment_id)
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


# What becomes of it


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
    for number in range(120):
        session = {**next(iter(stand_in.account.sessions.values())), "id": f"cs_test_{number}"}
        stand_in.account.sessions[session["id"]] = session
    old = {**session, "id": "cs_test_old", "created": session["created"] - 7200}
    stand_in.account.sessions = {"cs_test_old": old} | stand_in.account.sessions

    seen = [each async for each in stripe.payments_since(since=utc_now() - timedelta(hours=1))]

    assert 121 == len({each.reference for each in seen})
    assert {capture.reference} == {each.captures[0].reference for each in seen}


# Refunds


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

    assert (1, 1) == (len({each.reference for each in made}), len(stand_in.account.refunds))


async def test_a_lost_answer_does_not_refund_twice(stripe: Stripe, stand_in: StripeStandIn):
    capture, refund_id = await paid(stripe, stand_in), new_id()
    stand_in.faults.stay_silent(done=True)

    with pytest.raises(ProviderUnavailable):
        await refund(stripe, capture, refund_id=refund_id)
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


# When Stripe fails


@pytest.mark.parametrize(("answer", "times"), [(RATE_LIMITED, 1), (LOCKED, 2)])  # 409: the library asks twice
async def test_what_stripe_could_not_do_now_is_worth_asking_again(
    stripe: Stripe, stand_in: StripeStandIn, answer: tuple[int, dict[str, Any]], times: int
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


async def test_silence_ends_after_the_time_limit(stripe: Stripe, stand_in: StripeStandIn):
    stand_in.faults.stay_silent(times=3)
    async with asyncio.timeout(TIMEOUT_S * 3):
        with pytest.raises(ProviderUnavailable):
            await stripe.find_payment(reference="cs_test_any")


async def test_nobody_there_is_unavailable():
    stripe = Stripe(api_key="sk", api_base="http://127.0.0.1:1", notice_secret="whsec_", timeout_s=TIMEOUT_S)
    with pytest.raises(ProviderUnavailable):
        await stripe.find_payment(reference="cs_test_any")
    await stripe.close()


async def test_questions_one_after_another_share_a_connection(stripe: Stripe, stand_in: StripeStandIn):
    made = await create(stripe)
    for _ in range(5):
        await stripe.find_payment(reference=made.reference)
    assert 1 == len({each.port for each in stand_in.asked})


# Secrets


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
