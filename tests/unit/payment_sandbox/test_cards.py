"""Each test card does what is written beside it."""

from datetime import timedelta
from pathlib import Path

import pytest

from rowlock_payment_sandbox.cards import CARDS, find_card
from rowlock_payment_sandbox.errors import PaymentIsNotOpen
from rowlock_payment_sandbox.payments import pay

SUCCEEDS, DECLINED, INSUFFICIENT = "4242424242424242", "4000000000000002", "4000000000009995"
ASKS, LATE, TWICE = "4000002500003155", "4000000000000341", "4000000000000259"
NEVER, AMOUNT, CURRENCY = "4000000000000119", "4000000000000077", "4000000000000085"
REFUNDS_LATER, REFUNDS_FAIL_FIRST = "4000000000005126", "4000000000007726"


def taken(payment):
    return [(capture["amount_minor"], capture["currency"]) for capture in payment["captures"]]


@pytest.mark.parametrize("card", [SUCCEEDS, REFUNDS_LATER, REFUNDS_FAIL_FIRST])
async def test_a_card_that_succeeds_is_captured_at_once_and_the_shop_is_told(provider, card):
    payment = await provider.open()
    answer = await provider.pay(payment, card)
    paid = await provider.read(payment)

    assert (303, payment["return_url"]) == (answer.status_code, answer.headers["location"])
    assert ("captured", [(9000, "PLN")], False) == (paid["state"], taken(paid), paid["declined"])
    assert ["payment.captured"] == await provider.told(payment["payment_id"])


@pytest.mark.parametrize("card", [DECLINED, INSUFFICIENT])
async def test_a_declined_card_leaves_the_page_open_for_another(provider, card):
    payment = await provider.open()
    answer = await provider.pay(payment, card)
    declined = await provider.read(payment)

    assert (303, f"/pay/{payment['payment_id']}") == (answer.status_code, answer.headers["location"])
    assert ("open", True, []) == (declined["state"], declined["declined"], declined["captures"])
    await provider.pay(payment, SUCCEEDS)
    paid = await provider.read(payment)
    assert ("captured", False) == (paid["state"], paid["declined"])
    assert ["payment.declined", "payment.captured"] == await provider.told(payment["payment_id"])


@pytest.mark.parametrize(("answer", "state"), [("confirm", "captured"), ("refuse", "open")])
async def test_a_card_that_asks_does_what_the_person_says(provider, answer, state):
    payment = await provider.open()
    asked = await provider.pay(payment, ASKS)
    confirmation = f"/pay/{payment['payment_id']}/confirmation"

    assert confirmation == asked.headers["location"]
    assert ["open", []] == [(await provider.read(payment))[name] for name in ("state", "captures")]
    await provider.http.post(confirmation, data={"answer": answer})
    paid = await provider.read(payment)
    assert (state, state == "open") == (paid["state"], paid["declined"])


async def test_nothing_is_confirmed_that_was_not_asked(provider):
    payment = await provider.open()
    confirmation = f"/pay/{payment['payment_id']}/confirmation"

    for card in (None, DECLINED):
        if card:
            await provider.pay(payment, card)
        answer = await provider.http.post(confirmation, data={"answer": "confirm"})
        assert f"/pay/{payment['payment_id']}" == answer.headers["location"]
        assert "open" == (await provider.read(payment))["state"]


async def test_a_late_capture_comes_after_the_page_has_closed(provider):
    payment = await provider.paid(LATE)
    assert ("processing", []) == (payment["state"], payment["captures"])

    provider.pass_s(601)
    assert "processing" == (await provider.read(payment))["state"], "what is being processed does not expire"
    assert [] == await provider.told(payment["payment_id"])
    provider.pass_s(299)
    captured = await provider.read(payment)
    assert ("captured", [(9000, "PLN")]) == (captured["state"], taken(captured))
    assert ["payment.captured"] == await provider.told(payment["payment_id"])


async def test_a_double_capture_takes_the_money_twice_and_tells_of_each(provider):
    payment = await provider.paid(TWICE)

    assert [(9000, "PLN"), (9000, "PLN")] == taken(payment)
    assert 2 == len({capture["capture_id"] for capture in payment["captures"]})
    assert ["payment.captured", "payment.captured"] == await provider.told(payment["payment_id"])


async def test_a_card_that_never_answers_is_processed_for_ever_and_tells_nobody(provider):
    payment = await provider.paid(NEVER)
    provider.pass_s(10 * 365 * 86_400)

    assert "processing" == (await provider.read(payment))["state"]
    assert [] == await provider.told(payment["payment_id"])


@pytest.mark.parametrize(("asked", "captured"), [(9000, 8900), (101, 1), (100, 200), (1, 101)])
async def test_another_amount_is_captured_than_was_asked(provider, asked, captured):
    payment = await provider.paid(AMOUNT, amount_minor=asked)

    assert (asked, [(captured, "PLN")]) == (payment["amount_minor"], taken(payment))


@pytest.mark.parametrize(("asked", "captured"), [("PLN", "EUR"), ("EUR", "USD")])
async def test_another_currency_is_captured_than_was_asked(provider, asked, captured):
    payment = await provider.paid(CURRENCY, currency=asked)

    assert (asked, [(9000, captured)]) == (payment["currency"], taken(payment))


async def test_refunds_of_one_card_settle_later(provider):
    (capture,) = (await provider.paid(REFUNDS_LATER))["captures"]
    refund = (await provider.refund(capture, 9000)).json()
    assert ("pending", None) == (refund["state"], refund["failure_reason"])
    assert [] == await provider.told(refund["refund_id"])

    provider.pass_s(300)
    settled = (await provider.http.get(f"/v1/refunds/{refund['refund_id']}")).json()
    assert "succeeded" == settled["state"]
    assert ["refund.succeeded"] == await provider.told(refund["refund_id"])


async def test_the_first_refund_of_another_card_fails_and_the_next_succeeds(provider):
    (capture,) = (await provider.paid(REFUNDS_FAIL_FIRST))["captures"]
    failed = (await provider.refund(capture, 9000)).json()
    succeeded = (await provider.refund(capture, 9000)).json()

    assert ["failed", "succeeded"] == [failed["state"], succeeded["state"]]
    assert failed["failure_reason"]
    assert ["refund.failed"] == await provider.told(failed["refund_id"])
    assert ["refund.succeeded"] == await provider.told(succeeded["refund_id"])


@pytest.mark.parametrize("typed", ["4242 4242 4242 4242", "4242-4242-4242-4242", " 4242424242424242 "])
def test_a_number_is_known_however_it_is_typed(typed):
    card = find_card(typed)
    assert card
    assert SUCCEEDS == card.number


def test_the_readme_lists_every_card():
    readme = (Path(__file__).parents[3] / "infra/payment_sandbox/README.md").read_text()

    assert 11 == len(CARDS)
    assert [] == [card.spaced for card in CARDS.values() if f"| {card.spaced} |" not in readme]


async def test_a_page_is_closed_when_its_time_is_over(provider):
    payment = await provider.open()
    provider.now += timedelta(minutes=10)

    assert (
        f"/pay/{payment['payment_id']}" not in (await provider.http.get(f"/pay/{payment['payment_id']}")).text
    )
    await provider.pay(payment, SUCCEEDS)
    assert "expired" == (await provider.read(payment))["state"]
    assert ["payment.expired"] == await provider.told(payment["payment_id"])


async def test_a_payment_that_is_not_open_takes_no_card(provider):
    payment = await provider.paid(SUCCEEDS)
    with pytest.raises(PaymentIsNotOpen):
        pay(provider.sandbox, payment["payment_id"], card=CARDS[SUCCEEDS], now=provider.now)
