"""Which notices a client believes, of every provider, and what it reads in them."""

from datetime import timedelta

import pytest
from integration.orders.providers.dealings import PRICE, create, pay, refund, sent
from integration.orders.providers.worlds import World

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.clients.payment_provider import (
    NoticeForged,
    NoticeMalformed,
    NoticeRefused,
    NoticeStale,
    ProviderPaymentState,
)


async def test_a_notice_of_money_tells_what_the_provider_answers_when_asked(world: World):
    payment, capture = await pay(world)

    notice = world.provider.read_notice(**sent(await world.notice("paid", payment.reference)))

    assert notice.payment is not None
    assert (payment.reference, payment.payment_id) == (notice.payment.reference, notice.payment.payment_id)
    assert [(capture.reference, PRICE)] == [(each.reference, each.amount) for each in notice.payment.captures]
    assert (notice.payment.state, notice.refund) == (ProviderPaymentState.CAPTURED, None)
    assert abs(utc_now() - notice.sent_at) < timedelta(seconds=10)


async def test_a_notice_of_a_closed_page_tells_that_it_is_over(world: World):
    made = await create(world.provider)
    await world.provider.close_payment(reference=made.reference)

    notice = world.provider.read_notice(**sent(await world.notice("over", made.reference)))

    assert notice.payment is not None
    assert (made.payment_id, ProviderPaymentState.EXPIRED) == (
        notice.payment.payment_id,
        notice.payment.state,
    )


async def test_a_notice_of_a_refund_tells_whose_it_is(world: World):
    _, capture = await pay(world)
    made = await refund(world.provider, capture, refund_id=(refund_id := new_id()))

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
