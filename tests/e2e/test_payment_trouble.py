"""Notices that come late, twice, out of order or not at all, and a provider that is away: one outcome all the same."""

import uuid

import pytest

from support.stage import sandbox as cards
from support.stage.organizer import PRICED
from support.stage.person import problem

SEATS = ("Stalls-1-1", "Stalls-1-2")


async def place(stage, *, event_id=None, **wanted):
    """A buyer, the hold and the order of two seats for 90.00 PLN."""
    buyer = stage.buyer()
    hold = await buyer.hold(event_id or await stage.event(prices=PRICED), *SEATS)
    return buyer, hold, await buyer.order(hold, ticket_type="adult", **wanted)


async def place_and_start(stage):
    buyer, _, order = await place(stage)
    return buyer, order, await buyer.start_payment(order)


async def assert_bought_once(buyer, order):
    order = await buyer.see_order(order, become="confirmed")
    assert [("captured", [])] == [(each["state"], each["refunds"]) for each in order["payments"]]
    assert {"valid"} == {ticket["state"] for ticket in await buyer.tickets(order)}
    assert 2 == len(await buyer.tickets(order))


async def test_a_notice_that_is_late_confirms_late(stage):
    buyer, order, payment = await place_and_start(stage)
    async with stage.sandbox.delivering_notices("late", delay_ms=1500):
        await stage.sandbox.pay(payment)
        await assert_bought_once(buyer, order)
        await stage.sandbox.told(payment, "payment.captured")


async def test_a_notice_that_comes_twice_at_the_same_time_counts_once(stage):
    buyer, order, payment = await place_and_start(stage)
    async with stage.sandbox.delivering_notices("twice"):
        await stage.sandbox.pay(payment)
        await assert_bought_once(buyer, order)
        (notice,) = await stage.sandbox.told(payment, "payment.captured")
    assert "204, 204" == notice["last_answer"]

    again = await stage.sandbox.send_again(notice)
    assert "204, 204" == again["last_answer"]
    await assert_bought_once(buyer, order)


async def test_notices_out_of_order_end_as_those_in_order(stage):
    buyer, order, payment = await place_and_start(stage)
    async with stage.sandbox.delivering_notices("out_of_order", delay_ms=1500):
        await stage.sandbox.pay(payment, card=cards.DECLINED)
        await stage.sandbox.pay(payment)
        declined, captured = await stage.sandbox.told(payment, "payment.declined", "payment.captured")
    assert captured["delivered_at"] < declined["delivered_at"]

    await assert_bought_once(buyer, order)
    assert None is (await buyer.read_payment(order, payment))["failure"]


async def test_without_any_notice_the_provider_is_asked(stage):
    buyer, order, payment = await place_and_start(stage)
    async with stage.sandbox.delivering_notices("none"):
        await stage.sandbox.pay(payment)
        await assert_bought_once(buyer, order)
    (notice,) = await stage.sandbox.notices((await stage.sandbox.find(payment))["payment_id"])
    assert 0 == notice["attempts"]

    assert "204" == (await stage.sandbox.send_again(notice))["last_answer"]
    await assert_bought_once(buyer, order)


async def test_refunds_are_settled_without_any_notice(stage):
    buyer, order, payment = await place_and_start(stage)
    async with stage.sandbox.delivering_notices("none"):
        await stage.sandbox.pay(payment, card=cards.REFUNDS_SETTLE_LATER)
        await assert_bought_once(buyer, order)
        await buyer.cancel(order)
        await buyer.see_payment(order, payment, state="refunded")


async def test_an_outage_is_told_and_the_same_key_goes_on_afterwards(stage):
    buyer, _, order = await place(stage)
    path, key = f"/orders/{order['order_id']}/payments", str(uuid.uuid4())
    async with stage.sandbox.failing(fail_next=1000):
        refused = await buyer.write("POST", path, {}, expect=503, key=key)
        assert "payment-provider-unavailable" == problem(refused)
        assert int(refused.headers["retry-after"]) > 0
    payment = (await buyer.write("POST", path, {}, expect=200, key=key)).json()  # it was begun before

    await stage.sandbox.pay(payment)
    await assert_bought_once(buyer, order)


async def test_a_page_whose_making_was_never_heard_of_is_found_again(stage):
    buyer, _, order = await place(stage)
    path, key = f"/orders/{order['order_id']}/payments", str(uuid.uuid4())
    async with stage.sandbox.failing(lose_answers=1):
        answer = await buyer.send("POST", path, {}, key=key)
    if answer.status_code == 503:  # the client may have asked again by itself
        answer = await buyer.write("POST", path, {}, expect=200, key=key)
    payment = answer.json()
    await stage.sandbox.find(payment)  # exactly one

    await stage.sandbox.pay(payment)
    await assert_bought_once(buyer, order)


async def test_a_refund_whose_answer_was_lost_is_made_once(stage):
    buyer, order, payment = await place_and_start(stage)
    await stage.sandbox.pay(payment)
    await assert_bought_once(buyer, order)
    async with stage.sandbox.failing(lose_answers=1):
        await buyer.cancel(order)
        await buyer.see_payment(order, payment, state="refunded")

    assert ["succeeded"] == [refund["state"] for refund in await stage.sandbox.find_refunds(payment)]


async def test_money_after_the_hold_gets_the_same_seats_where_they_are_free(stage):
    buyer, hold, order = await place(stage)
    payment = await buyer.start_payment(order)
    await stage.sandbox.pay(payment, card=cards.CAPTURED_LATE)
    await stage.backstage.lapse(hold)

    order = await buyer.see_order(order, become="confirmed")
    assert sorted(SEATS) == sorted(ticket["seat_id"] for ticket in await buyer.tickets(order))
    assert [[]] == [each["refunds"] for each in order["payments"]]


@pytest.mark.parametrize("allowed", [True, False])
async def test_money_after_the_seats_went_to_others_gets_the_like_if_they_will_do_or_goes_back(
    stage, allowed
):
    event_id = await stage.event(prices=PRICED)
    buyer, hold, order = await place(stage, event_id=event_id, equivalent_seats_allowed=allowed)
    payment = await buyer.start_payment(order)
    await stage.sandbox.pay(payment, card=cards.CAPTURED_LATE)
    await stage.backstage.lapse(hold)
    other, _, others = await place(stage, event_id=event_id)
    assert "processing" == (await stage.sandbox.find(payment))["state"], "the others were quicker"

    order = await buyer.see_order(order, become="confirmed" if allowed else "refunded")
    tickets = await buyer.tickets(order)
    await stage.sandbox.pay(await other.start_payment(others))
    await assert_bought_once(other, others)
    if allowed:
        assert 2 == len({ticket["seat_id"] for ticket in tickets} - set(SEATS))
        return
    assert [] == tickets
    paid = await buyer.see_payment(order, payment, state="refunded")
    assert [("settled", "seats_taken")] == [(each["state"], each["reason"]) for each in paid["refunds"]]
