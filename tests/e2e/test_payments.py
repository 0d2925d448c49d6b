"""A buyer pays at the provider's page: every test card of the sandbox, with its notices through the gateway."""

import pytest

from support.stage import sandbox as cards
from support.stage.organizer import PRICED
from support.waiting import wait_until

SEATS = ("Stalls-1-1", "Stalls-1-2")
TOTAL = {"amount_minor": 9000, "currency": "PLN"}


async def order_of(stage, buyer, *seats, **wanted):
    """An order of two seats for 90.00 PLN, and who owns it."""
    hold = await buyer.hold(await stage.event(prices=PRICED), *(seats or SEATS))
    owner = buyer if buyer.token else buyer.holding(hold)
    order = await owner.order(hold, ticket_type="adult", **wanted)
    return (owner if buyer.token else owner.owning(order)), hold, order


async def place(stage):
    """A buyer, the order and its payment page."""
    buyer, _, order = await order_of(stage, stage.buyer())
    return buyer, order, await buyer.start_payment(order)


async def paid(stage, card):
    """A confirmed order that was paid with this card."""
    buyer, order, payment = await place(stage)
    await stage.sandbox.pay(payment, card=card)
    return buyer, await buyer.see_order(order, become="confirmed"), payment


def refunds_of(order):
    return [
        (refund["amount"]["amount_minor"], refund["amount"]["currency"], refund["reason"])
        for payment in order["payments"]
        for refund in payment["refunds"]
    ]


@pytest.mark.parametrize("who", ["somebody with an account", "a guest"])
async def test_an_order_is_confirmed_by_the_notice_of_its_payment(stage, who):
    buyer = stage.guest() if who == "a guest" else await stage.register()
    buyer, hold, order = await order_of(stage, buyer)
    payment = await buyer.start_payment(order)
    assert ("pending", "sandbox", TOTAL) == (payment["state"], payment["provider"], payment["amount"])
    assert payment["expires_at"] < (await buyer.read_order(order))["holds_expire_at"]

    leads_to = await stage.sandbox.pay(payment)
    assert f"{stage.system.url}/orders/{order['order_id']}" == leads_to
    order = await buyer.see_order(order, become="confirmed")
    assert ["awaiting_payment", "finalizing", "confirmed"] == [step["state"] for step in order["timeline"]]
    assert [("captured", [])] == [(each["state"], each["refunds"]) for each in order["payments"]]
    assert 2 == len(await buyer.tickets(order))
    await buyer.see_seats(hold["event_id"], *SEATS, become="s")
    (notice,) = await stage.sandbox.told(payment, "payment.captured")
    assert (1, "204") == (notice["attempts"], notice["last_answer"])


async def test_the_page_of_a_payment_is_given_again_until_it_is_paid(stage):
    buyer, order, payment = await place(stage)
    again = await buyer.start_payment(order, expect=200)
    assert payment == again

    await stage.sandbox.pay(payment)
    await buyer.see_order(order, become="confirmed")
    refused = await buyer.start_payment(order, expect=409)
    assert "/problems/payment-captured-already" == refused["type"]


@pytest.mark.parametrize("card", [cards.DECLINED, cards.INSUFFICIENT_FUNDS])
async def test_a_declined_card_is_told_and_another_one_pays(stage, card):
    buyer, order, payment = await place(stage)
    assert payment["page_url"] == await stage.sandbox.pay(payment, card=card)
    declined = await buyer.see_payment(order, payment, failure="declined")
    assert "pending" == declined["state"]

    await stage.sandbox.pay(payment)
    await buyer.see_order(order, become="confirmed")
    assert None is (await buyer.read_payment(order, payment))["failure"]
    await stage.sandbox.told(payment, "payment.declined", "payment.captured")


async def test_a_confirmation_that_is_refused_can_be_tried_again(stage):
    buyer, order, payment = await place(stage)
    refused = await stage.sandbox.pay(payment, card=cards.ASKS_CONFIRMATION, answer="refuse")
    assert payment["page_url"] == refused
    await buyer.see_payment(order, payment, failure="declined")

    await stage.sandbox.pay(payment, card=cards.ASKS_CONFIRMATION, answer="confirm")
    await buyer.see_order(order, become="confirmed")
    await stage.sandbox.told(payment, "payment.declined", "payment.captured")


async def test_a_late_capture_confirms_the_order_while_its_seats_are_held(stage):
    buyer, order, payment = await place(stage)
    await stage.sandbox.pay(payment, card=cards.CAPTURED_LATE)
    assert "awaiting_payment" == (await buyer.read_order(order))["state"]

    await buyer.see_order(order, become="confirmed")
    await stage.sandbox.told(payment, "payment.captured")


async def test_money_that_is_captured_twice_goes_back_once(stage):
    buyer, order, payment = await paid(stage, cards.CAPTURED_TWICE)

    settled = await buyer.see_payment(order, payment, state="captured")
    assert [(9000, "PLN", "captured_twice")] == refunds_of(await _with_settled_refunds(buyer, order))
    assert 2 == len(await buyer.tickets(order))
    assert TOTAL == settled["amount"]
    await stage.sandbox.told(payment, "payment.captured", "payment.captured")
    assert ["succeeded"] == [refund["state"] for refund in await stage.sandbox.find_refunds(payment)]


@pytest.mark.parametrize(
    ("card", "refund"),
    [
        (cards.AMOUNT_DIFFERS, (8900, "PLN", "amount_differs")),
        (cards.CURRENCY_DIFFERS, (9000, "EUR", "currency_differs")),
    ],
)
async def test_other_money_than_was_asked_goes_back_and_buys_nothing(stage, card, refund):
    buyer, order, payment = await place(stage)
    await stage.sandbox.pay(payment, card=card)
    await buyer.see_payment(order, payment, state="refunded")
    order = await _with_settled_refunds(buyer, order)

    assert ("awaiting_payment", [refund]) == (order["state"], refunds_of(order))
    assert [] == await buyer.tickets(order)
    another = await buyer.start_payment(order)
    await stage.sandbox.pay(another)
    await buyer.see_order(order, become="confirmed")


async def test_a_card_that_never_answers_leaves_the_seats_to_others(stage):
    buyer, hold, order = await order_of(stage, stage.buyer())
    payment = await buyer.start_payment(order)
    await stage.sandbox.pay(payment, card=cards.NEVER_ANSWERS)
    await stage.backstage.lapse(hold)

    await buyer.see_order(order, become="expired")
    await buyer.see_seats(hold["event_id"], *SEATS, become="a")
    theirs = await stage.sandbox.find(payment)
    assert "processing" == theirs["state"]
    assert [] == await stage.sandbox.notices(theirs["payment_id"])


@pytest.mark.parametrize(
    ("card", "attempts"),
    [(cards.REFUNDS_SETTLE_LATER, ["succeeded"]), (cards.REFUNDS_FAIL_FIRST, ["failed", "succeeded"])],
)
async def test_a_refund_that_is_late_or_fails_first_is_settled_in_the_end(stage, card, attempts):
    buyer, order, payment = await paid(stage, card)
    await buyer.cancel(order)
    settled = await buyer.see_payment(order, payment, state="refunded")

    assert [("settled", TOTAL)] == [(refund["state"], refund["amount"]) for refund in settled["refunds"]]
    refunds = await stage.sandbox.find_refunds(payment)
    assert attempts == [refund["state"] for refund in refunds]
    assert "cancelled" == (await buyer.read_order(order))["state"]


async def _with_settled_refunds(buyer, order):
    """The order once every refund of it is settled."""

    async def look():
        found = await buyer.read_order(order)
        refunds = [refund["state"] for payment in found["payments"] for refund in payment["refunds"]]
        return found if refunds and set(refunds) == {"settled"} else None

    return await wait_until(look, deadline_s=60, what="the refunds are settled")
