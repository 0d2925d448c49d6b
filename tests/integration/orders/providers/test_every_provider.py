"""What the port promises, of every provider: the client over HTTP, the provider with its buyers."""

import asyncio
from datetime import UTC, timedelta

import pytest
from integration.orders.providers.dealings import PRICE, create, find, pay, refund
from integration.orders.providers.worlds import IMPATIENT_S, World

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import (
    ProviderPaymentState,
    ProviderRefundState,
    ProviderRefused,
    ProviderUnavailable,
)
from orders.domain.order import Money


async def test_a_new_payment_is_open_under_our_id_and_found_by_either_name(world: World):
    made = await create(world.provider, payment_id=(payment_id := new_id()))

    assert (made.state, made.payment_id) == (ProviderPaymentState.OPEN, payment_id)
    assert (made.captures, made.declined) == ((), False)
    assert made.page_url
    assert (
        made
        == await find(world.provider, made)
        == await world.provider.find_payment_of(payment_id=payment_id)
    )


async def test_the_same_payment_asked_for_again_is_the_same_whatever_else_is_said(world: World):
    payment_id, first_time = new_id(), utc_now() + timedelta(minutes=10)
    made = [
        await create(world.provider, payment_id=payment_id, expires_at=first_time),
        await create(world.provider, payment_id=payment_id, expires_at=first_time),
        await create(world.provider, payment_id=payment_id, expires_at=first_time + timedelta(hours=1)),
        await create(
            world.provider, payment_id=payment_id, return_url="https://tickets.example.org/elsewhere"
        ),
    ]
    assert 1 == len({each.reference for each in made})


async def test_askers_at_once_get_one_payment(world: World):
    payment_id, expires_at = new_id(), utc_now() + timedelta(minutes=10)
    made = await asyncio.gather(
        *(create(world.provider, payment_id=payment_id, expires_at=expires_at) for _ in range(8))
    )
    assert 1 == len({each.reference for each in made})


async def test_a_lost_answer_is_no_second_payment(world: World):
    payment_id, expires_at = new_id(), utc_now() + timedelta(minutes=10)
    impatient = world.client(IMPATIENT_S)
    world.lose_answer()

    with pytest.raises(ProviderUnavailable):
        await create(impatient, payment_id=payment_id, expires_at=expires_at)
    await impatient.close()
    found = await world.provider.find_payment_of(payment_id=payment_id)
    again = await create(world.provider, payment_id=payment_id, expires_at=expires_at)

    assert found is not None
    assert found.reference == again.reference


async def test_what_failed_without_effect_can_be_asked_again(world: World):
    payment_id = new_id()
    world.fail()

    with pytest.raises(ProviderUnavailable):
        await create(world.provider, payment_id=payment_id)

    assert await world.provider.find_payment_of(payment_id=payment_id) is None
    assert (await create(world.provider, payment_id=payment_id)).payment_id == payment_id


async def test_no_proxy_of_the_environment_sees_payments(world: World, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    provider = world.client()

    made = await create(provider)
    await provider.close()

    assert ProviderPaymentState.OPEN == made.state


async def test_what_nobody_made_is_nothing(world: World):
    assert await world.provider.find_payment(reference="nobodys") is None
    assert await world.provider.find_payment_of(payment_id=new_id()) is None
    assert await world.provider.find_refund(reference="nobodys") is None
    with pytest.raises(ProviderRefused):
        await world.provider.close_payment(reference="nobodys")


async def test_a_paid_payment_has_a_capture_of_what_arrived(world: World):
    before = utc_now() - timedelta(seconds=1)

    payment, capture = await pay(world)

    assert (payment.state, payment.page_url) == (ProviderPaymentState.CAPTURED, None)
    assert (PRICE, True) == (capture.amount, before <= capture.captured_at <= utc_now())
    assert capture.captured_at.tzinfo == UTC


async def test_a_declined_card_leaves_the_page_to_be_paid_at(world: World):
    made = await create(world.provider)

    await world.decline(made.reference)
    declined = await find(world.provider, made)
    await world.pay(made.reference)

    assert (declined.state, declined.declined) == (ProviderPaymentState.OPEN, True)
    assert made.page_url == declined.page_url
    assert ProviderPaymentState.CAPTURED == (await find(world.provider, made)).state


async def test_a_closed_page_stays_closed(world: World):
    made = await create(world.provider)

    closed = [await world.provider.close_payment(reference=made.reference) for _ in range(2)]

    over = (made.reference, made.payment_id, ProviderPaymentState.EXPIRED, None)
    assert {over} == {(each.reference, each.payment_id, each.state, each.page_url) for each in closed}


async def test_closing_a_paid_one_tells_of_its_money(world: World):
    payment, _ = await pay(world)
    assert payment == await world.provider.close_payment(reference=payment.reference)


async def test_a_capture_is_refunded_in_parts_and_no_further(world: World):
    _, capture = await pay(world)
    refund_id, part = new_id(), Money(amount_minor=4000, currency="PLN")

    first = await refund(world.provider, capture, refund_id=refund_id, amount=part)
    with pytest.raises(ProviderRefused):
        await refund(world.provider, capture, amount=Money(amount_minor=5001, currency="PLN"))
    rest = await refund(world.provider, capture, amount=Money(amount_minor=5000, currency="PLN"))

    assert (first.refund_id, first.amount, first.capture_reference) == (refund_id, part, capture.reference)
    of_capture = await world.provider.find_refunds_of(capture_reference=capture.reference)
    assert {first.reference, rest.reference} == {each.reference for each in of_capture}
    found = await world.provider.find_refund(reference=first.reference)
    assert found is not None
    assert (found.refund_id, ProviderRefundState.SUCCEEDED) == (refund_id, found.state)


async def test_clicks_at_once_refund_once(world: World):
    _, capture = await pay(world)
    refund_id = new_id()

    made = await asyncio.gather(*(refund(world.provider, capture, refund_id=refund_id) for _ in range(8)))

    assert 1 == len({each.reference for each in made})


async def test_a_lost_answer_is_no_second_refund(world: World):
    _, capture = await pay(world)
    refund_id, half = new_id(), Money(amount_minor=4500, currency="PLN")
    impatient = world.client(IMPATIENT_S)
    world.lose_answer()

    with pytest.raises(ProviderUnavailable):
        await refund(impatient, capture, refund_id=refund_id, amount=half)
    await impatient.close()
    again = await refund(world.provider, capture, refund_id=refund_id, amount=half)

    of_capture = await world.provider.find_refunds_of(capture_reference=capture.reference)
    assert [again.reference] == [each.reference for each in of_capture]


async def test_the_next_attempt_is_a_refund_of_its_own(world: World):
    _, capture = await pay(world)
    refund_id, half = new_id(), Money(amount_minor=4500, currency="PLN")

    first, second = [
        await refund(world.provider, capture, refund_id=refund_id, amount=half, attempt=attempt)
        for attempt in (1, 2)
    ]

    assert first.reference != second.reference
    assert {refund_id} == {first.refund_id, second.refund_id}


async def test_what_the_provider_believes_is_told_since_a_time(world: World):
    since = utc_now() - timedelta(seconds=2)
    made = [await create(world.provider) for _ in range(3)]
    _, capture = await pay(world)
    returned = await refund(world.provider, capture)

    payments = {each.reference async for each in world.provider.payments_since(since=since)}
    refunds = {each.reference async for each in world.provider.refunds_since(since=since)}
    in_an_hour = utc_now() + timedelta(hours=1)

    assert {each.reference for each in made} <= payments
    assert returned.reference in refunds
    assert [] == [each async for each in world.provider.payments_since(since=in_an_hour)]
    assert [] == [each async for each in world.provider.refunds_since(since=in_an_hour)]
