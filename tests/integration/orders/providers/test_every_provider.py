"""What the port promises, of every provider: the client over HTTP, the provider with its buyers."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders.providers.worlds import World

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import (
    Capture,
    NoticeForged,
    NoticeMalformed,
    NoticeRefused,
    NoticeStale,
    ProviderPayment,
    ProviderPaymentState,
    ProviderRefund,
    ProviderRefundState,
    ProviderRefused,
    ProviderUnavailable,
)
from orders.domain.order import Money

PRICE = Money(amount_minor=9000, currency="PLN")


async def create(world: World, **changes: Any) -> ProviderPayment:
    asked: dict[str, Any] = {
        "payment_id": new_id(),
        "order_id": UUID(int=1),
        "amount": PRICE,
        "description": "Hamlet, 2 tickets",
        "expires_at": utc_now() + timedelta(minutes=10),
        "return_url": "https://tickets.example.org/orders/1",
    }
    return await world.provider.create_payment(**asked | changes)


async def find(world: World, payment: ProviderPayment) -> ProviderPayment:
    found = await world.provider.find_payment(reference=payment.reference)
    assert found is not None
    return found


async def pay(world: World, **changes: Any) -> tuple[ProviderPayment, Capture]:
    made = await create(world, **changes)
    await world.pay(made.reference)
    found = await find(world, made)
    return found, found.captures[0]


async def refund(world: World, capture: Capture, **changes: Any) -> ProviderRefund:
    asked: dict[str, Any] = {"refund_id": new_id(), "attempt": 1, "amount": PRICE}
    return await world.provider.refund(capture_reference=capture.reference, **asked | changes)


async def test_a_new_payment_is_open_under_our_id_and_found_by_either_name(world: World):
    made = await create(world, payment_id=(payment_id := new_id()))

    assert (made.state, made.payment_id) == (ProviderPaymentState.OPEN, payment_id)
    assert (made.captures, made.declined) == ((), False)
    assert made.page_url
    assert made == await find(world, made) == await world.provider.find_payment_of(payment_id=payment_id)


async def test_the_same_payment_asked_for_again_is_the_same_whatever_else_is_said(world: World):
    payment_id, first_time = new_id(), utc_now() + timedelta(minutes=10)
    made = [
        await create(world, payment_id=payment_id, expires_at=first_time),
        await create(world, payment_id=payment_id, expires_at=first_time),
        await create(world, payment_id=payment_id, expires_at=first_time + timedelta(hours=1)),
        await create(world, payment_id=payment_id, return_url="https://tickets.example.org/elsewhere"),
    ]
    assert 1 == len({each.reference for each in made})


async def test_askers_at_once_get_one_payment(world: World):
    payment_id, expires_at = new_id(), utc_now() + timedelta(minutes=10)
    made = await asyncio.gather(
        *(create(world, payment_id=payment_id, expires_at=expires_at) for _ in range(8))
    )
    assert 1 == len({each.reference for each in made})


async def test_a_lost_answer_is_no_second_payment(world: World):
    payment_id, expires_at = new_id(), utc_now() + timedelta(minutes=10)
    world.lose_answer()

    with pytest.raises(ProviderUnavailable):
        await create(world, payment_id=payment_id, expires_at=expires_at)
    found = await world.provider.find_payment_of(payment_id=payment_id)
    again = await create(world, payment_id=payment_id, expires_at=expires_at)

    assert found is not None
    assert found.reference == again.reference


async def test_what_failed_without_effect_can_be_asked_again(world: World):
    payment_id = new_id()
    world.fail()

    with pytest.raises(ProviderUnavailable):
        await create(world, payment_id=payment_id)

    assert await world.provider.find_payment_of(payment_id=payment_id) is None
    assert (await create(world, payment_id=payment_id)).payment_id == payment_id


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
    made = await create(world)

    await world.decline(made.reference)
    declined = await find(world, made)
    await world.pay(made.reference)

    assert (declined.state, declined.declined) == (ProviderPaymentState.OPEN, True)
    assert made.page_url == declined.page_url
    assert ProviderPaymentState.CAPTURED == (await find(world, made)).state


async def test_a_closed_page_stays_closed(world: World):
    made = await create(world)

    closed = [await world.provider.close_payment(reference=made.reference) for _ in range(2)]

    over = (made.reference, made.payment_id, ProviderPaymentState.EXPIRED, None)
    assert {over} == {(each.reference, each.payment_id, each.state, each.page_url) for each in closed}


async def test_closing_a_paid_one_tells_of_its_money(world: World):
    payment, _ = await pay(world)
    assert payment == await world.provider.close_payment(reference=payment.reference)


async def test_a_capture_is_refunded_in_parts_and_no_further(world: World):
    _, capture = await pay(world)
    refund_id, part = new_id(), Money(amount_minor=4000, currency="PLN")

    first = await refund(world, capture, refund_id=refund_id, amount=part)
    with pytest.raises(ProviderRefused):
        await refund(world, capture, amount=Money(amount_minor=5001, currency="PLN"))
    rest = await refund(world, capture, amount=Money(amount_minor=5000, currency="PLN"))

    assert (first.refund_id, first.amount, first.capture_reference) == (refund_id, part, capture.reference)
    of_capture = await world.provider.find_refunds_of(capture_reference=capture.reference)
    assert {first.reference, rest.reference} == {each.reference for each in of_capture}
    found = await world.provider.find_refund(reference=first.reference)
    assert found is not None
    assert (found.refund_id, ProviderRefundState.SUCCEEDED) == (refund_id, found.state)


async def test_clicks_at_once_refund_once(world: World):
    _, capture = await pay(world)
    refund_id = new_id()

    made = await asyncio.gather(*(refund(world, capture, refund_id=refund_id) for _ in range(8)))

    assert 1 == len({each.reference for each in made})


async def test_a_lost_answer_is_no_second_refund(world: World):
    _, capture = await pay(world)
    refund_id, half = new_id(), Money(amount_minor=4500, currency="PLN")
    world.lose_answer()

    with pytest.raises(ProviderUnavailable):
        await refund(world, capture, refund_id=refund_id, amount=half)
    again = await refund(world, capture, refund_id=refund_id, amount=half)

    of_capture = await world.provider.find_refunds_of(capture_reference=capture.reference)
    assert [again.reference] == [each.reference for each in of_capture]


async def test_the_next_attempt_is_a_refund_of_its_own(world: World):
    _, capture = await pay(world)
    refund_id, half = new_id(), Money(amount_minor=4500, currency="PLN")

    first, second = [
        await refund(world, capture, refund_id=refund_id, amount=half, attempt=attempt) for attempt in (1, 2)
    ]

    assert first.reference != second.reference
    assert {refund_id} == {first.refund_id, second.refund_id}


async def test_what_the_provider_believes_is_told_since_a_time(world: World):
    since = utc_now() - timedelta(seconds=2)
    made = [await create(world) for _ in range(3)]
    _, capture = await pay(world)
    returned = await refund(world, capture)

    payments = {each.reference async for each in world.provider.payments_since(since=since)}
    refunds = {each.reference async for each in world.provider.refunds_since(since=since)}
    in_an_hour = utc_now() + timedelta(hours=1)

    assert {each.reference for each in made} <= payments
    assert returned.reference in refunds
    assert [] == [each async for each in world.provider.payments_since(since=in_an_hour)]
    assert [] == [each async for each in world.provider.refunds_since(since=in_an_hour)]


# Notices


async def test_a_notice_of_money_tells_what_the_provider_answers_when_asked(world: World):
    payment, capture = await pay(world)

    notice = world.provider.read_notice(**sent(await world.notice("paid", payment.reference)))

    assert notice.payment is not None
    assert (payment.reference, payment.payment_id) == (notice.payment.reference, notice.payment.payment_id)
    assert [(capture.reference, PRICE)] == [(each.reference, each.amount) for each in notice.payment.captures]
    assert (notice.payment.state, notice.refund) == (ProviderPaymentState.CAPTURED, None)
    assert abs(utc_now() - notice.sent_at) < timedelta(seconds=10)


async def test_a_notice_of_a_closed_page_tells_that_it_is_over(world: World):
    made = await create(world)
    await world.provider.close_payment(reference=made.reference)

    notice = world.provider.read_notice(**sent(await world.notice("over", made.reference)))

    assert notice.payment is not None
    assert (made.payment_id, ProviderPaymentState.EXPIRED) == (
        notice.payment.payment_id,
        notice.payment.state,
    )


async def test_a_notice_of_a_refund_tells_whose_it_is(world: World):
    _, capture = await pay(world)
    made = await refund(world, capture, refund_id=(refund_id := new_id()))

    notice = world.provider.read_notice(**sent(await world.notice("refunded", made.reference)))

    assert (notice.payment, made) == (None, notice.refund)
    assert refund_id == made.refund_id


async def test_two_notices_have_two_ids_and_one_has_its_own_again(world: World):
    first, second = [(await pay(world))[0].reference for _ in range(2)]
    read = world.provider.read_notice
    ids = [read(**sent(await world.notice("paid", each))).notice_id for each in (first, first, second)]
    assert (ids[0], 2) == (ids[1], len(set(ids)))


async def test_header_names_are_read_in_any_case(world: World):
    payment, _ = await pay(world)
    headers, body = await world.notice("paid", payment.reference)
    shouted = {name.upper(): value for name, value in headers.items()}
    assert world.provider.read_notice(headers=shouted, body=body, now=utc_now()).payment


async def test_a_notice_is_believed_for_five_minutes_and_not_before_its_time(world: World):
    payment, _ = await pay(world)
    headers, body = await world.notice("paid", payment.reference)
    at = world.provider.read_notice(headers=headers, body=body, now=utc_now()).sent_at

    for near in (-300, 300):
        world.provider.read_notice(headers=headers, body=body, now=at + timedelta(seconds=near))
    for far in (-301, 301):
        with pytest.raises(NoticeStale):
            world.provider.read_notice(headers=headers, body=body, now=at + timedelta(seconds=far))


async def test_one_changed_byte_anywhere_is_a_forgery(world: World):
    payment, _ = await pay(world)
    headers, body = await world.notice("paid", payment.reference)

    for at in range(0, len(body), 97):
        tampered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises(NoticeForged):
            world.provider.read_notice(headers=headers, body=tampered, now=utc_now())


async def test_a_later_time_under_the_old_signature_is_a_forgery(world: World):
    payment, _ = await pay(world)
    headers, body = await world.notice("paid", payment.reference)
    signed_at = str(
        int(world.provider.read_notice(headers=headers, body=body, now=utc_now()).sent_at.timestamp())
    )

    later = {name: value.replace(signed_at, str(int(signed_at) + 1)) for name, value in headers.items()}

    assert later != headers
    with pytest.raises(NoticeForged):
        world.provider.read_notice(headers=later, body=body, now=utc_now())


MANGLED = [
    "",
    " ",
    ",",
    "v1,",
    "v1",
    "v1,====",
    "v2,AAAA",
    "t=,v1=",
    "t=1,v1=",
    "t=9" * 400,
    "v1,ä",
    "t=1,v1=ä",
]
TIMES = ["", "soon", "-1", "1e9", "9" * 30, "9" * 5000, "٣", "1_000"]


async def test_mangled_headers_are_refused_and_break_nothing(world: World):
    payment, _ = await pay(world)
    headers, body = await world.notice("paid", payment.reference)

    for name in [name for name in headers if "signature" in name.lower()]:
        for value in MANGLED:
            assert_refused(world, {**headers, name: value}, body)
        assert_refused(world, {other: value for other, value in headers.items() if other != name}, body)
    for value in TIMES:
        assert_refused(
            world, {**headers, "webhook-timestamp": value, "Stripe-Signature": f"t={value},v1=0"}, body
        )
    assert_refused(world, {}, body)
    assert_refused(world, headers, b"\xff\xfe")


def assert_refused(world: World, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NoticeRefused) as refusal:
        world.provider.read_notice(headers=headers, body=body, now=utc_now())
    assert isinstance(refusal.value, NoticeForged | NoticeMalformed)


def sent(notice: tuple[dict[str, str], bytes], *, now: datetime | None = None) -> dict[str, Any]:
    headers, body = notice
    return {"headers": headers, "body": body, "now": now or utc_now()}
