"""Paying for an order at the payment sandbox, over HTTP: the page, the card, the notice, what comes of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from integration.orders import till as cards
from integration.orders.conftest import Person, problem
from integration.orders.scene import Scene, hold_expired, hold_of
from integration.orders.till import Till

from chassis.clock import utc_now
from orders.domain.states import OrderState as S
from support.waiting import wait_until

Payer = Callable[..., Person]
RETURNS_TO = "http://127.0.0.1:8080"


def at(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


@pytest.fixture
def ada_pays(payer: Payer) -> Person:
    return payer("ada")


async def test_a_paid_order_is_finalized_by_the_notice_of_its_capture(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    started = await ada_pays.post(f"/orders/{order_id}/payments")
    await till.scene.take_sent()

    await till.pay(started.json())

    payment = await till.paid(order_id, state="captured")
    order = await till.scene.order(order_id)
    assert (order["state"], order["timeline"][-1]["actor"]) == (S.FINALIZING, "payment_provider")
    assert (payment["provider"], payment["page_url"], payment["refunds"]) == ("sandbox", None, [])
    assert await till.scene.take_sent() == ["confirm_holds"]
    assert await till.ledger(order_id) == [("captured", 4500, "PLN")]


async def test_a_payment_page_is_opened_for_what_the_order_costs_and_closes_before_its_holds_end(
    till: Till, ada_pays: Person
) -> None:
    order_id, hold = await till.order()

    started = await ada_pays.post(f"/orders/{order_id}/payments")

    payment, (there,) = started.json(), await till.at_sandbox(order_id)
    assert started.status_code == 201
    assert started.headers["location"] == f"/api/v1/orders/{order_id}/payments/{payment['payment_id']}"
    assert started.headers["cache-control"] == "no-store"
    assert (payment["state"], payment["amount"]) == ("pending", {"amount_minor": 4500, "currency": "PLN"})
    assert at(payment["expires_at"]) == hold.expires_at - timedelta(seconds=30)
    assert (there["amount_minor"], there["currency"]) == (4500, "PLN")
    assert (at(there["expires_at"]), there["page_url"]) == (at(payment["expires_at"]), payment["page_url"])
    read = await ada_pays.get(f"/orders/{order_id}/payments/{payment['payment_id']}")
    assert read.json() == payment


async def test_the_same_key_gives_the_same_page_and_another_one_the_payment_under_way(
    till: Till, ada_pays: Person
) -> None:
    order_id, _ = await till.order()

    first = await ada_pays.post(f"/orders/{order_id}/payments", key="one")
    same, other = [await ada_pays.post(f"/orders/{order_id}/payments", key=key) for key in ("one", "two")]

    assert (first.status_code, same.status_code, other.status_code) == (201, 201, 200)
    assert first.json() == same.json() == other.json()
    assert same.headers["idempotent-replay"] == "true"
    assert len(await till.at_sandbox(order_id)) == 1
    changed = await ada_pays.post(
        f"/orders/{order_id}/payments", {"return_url": f"{RETURNS_TO}/thanks"}, key="one"
    )
    assert problem(changed) == (422, "idempotency-key-reused")


async def test_twenty_requests_at_once_open_one_page(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()

    answers = await asyncio.gather(*(ada_pays.post(f"/orders/{order_id}/payments") for _ in range(20)))

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["page_url"] for answer in answers}) == 1
    assert len(await till.at_sandbox(order_id)) == 1


async def test_the_holds_are_prolonged_once_an_order_and_the_page_lives_by_what_reservation_says(
    till: Till, ada_pays: Person
) -> None:
    order_id, _ = await till.order(lives_s=120)
    till.reservation.holds_end = (utc_now() + timedelta(seconds=600)).replace(microsecond=0)
    first = (await ada_pays.post(f"/orders/{order_id}/payments")).json()
    await till.time_passes(order_id, 700)
    await till.look_after_payments()

    second = (await ada_pays.post(f"/orders/{order_id}/payments")).json()

    assert first["payment_id"] != second["payment_id"]
    closes_at = till.reservation.holds_end - timedelta(seconds=30)
    assert at(first["expires_at"]) == at(second["expires_at"]) == closes_at
    assert till.reservation.asked == 1


async def test_without_reservation_the_known_end_of_the_holds_counts_and_the_next_payment_asks_again(
    till: Till, ada_pays: Person
) -> None:
    order_id, hold = await till.order()
    till.reservation.is_away = True
    first = (await ada_pays.post(f"/orders/{order_id}/payments")).json()
    await till.time_passes(order_id, 1000)
    await till.look_after_payments()
    till.reservation.is_away = False
    till.reservation.holds_end = hold.expires_at + timedelta(seconds=60)

    second = (await ada_pays.post(f"/orders/{order_id}/payments")).json()

    assert at(first["expires_at"]) == hold.expires_at - timedelta(seconds=30)
    assert at(second["expires_at"]) == hold.expires_at + timedelta(seconds=30)


@pytest.mark.parametrize("lives_s", [80, -5])
async def test_it_is_too_late_when_the_page_would_close_at_once(
    till: Till, ada_pays: Person, lives_s: float
) -> None:
    order_id, _ = await till.order()
    till.reservation.holds_end = utc_now() + timedelta(seconds=lives_s)

    started = [await ada_pays.post(f"/orders/{order_id}/payments") for _ in range(2)]

    assert [problem(answer) for answer in started] == [(409, "too-late-to-pay")] * 2
    assert await till.at_sandbox(order_id) == []


async def test_it_is_too_late_when_reservation_knows_the_hold_no_more(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()

    till.reservation.holds_end = None

    assert problem(await ada_pays.post(f"/orders/{order_id}/payments")) == (409, "too-late-to-pay")


async def test_a_free_order_has_nothing_to_pay(till: Till, ada_pays: Person) -> None:
    placed = await till.scene.order_in(S.AWAITING_PAYMENT, paid=False)

    assert problem(await ada_pays.post(f"/orders/{placed.order_id}/payments")) == (409, "nothing-to-pay")


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (S.FINALIZING, "payment-captured-already"),
        (S.CONFIRMED, "payment-captured-already"),
        (S.CANCELLING, "order-is-over"),
        (S.CANCELLED, "order-is-over"),
        (S.EXPIRED, "order-is-over"),
        (S.REFUNDED, "order-is-over"),
    ],
)
async def test_an_order_that_awaits_no_payment_cannot_be_paid(
    till: Till, ada_pays: Person, state: S, kind: str
) -> None:
    placed = await till.scene.order_in(state, paid=True)

    assert problem(await ada_pays.post(f"/orders/{placed.order_id}/payments")) == (409, kind)


async def test_an_order_of_a_cancelled_event_cannot_be_paid(till: Till, ada_pays: Person) -> None:
    placed = await till.scene.order_in(S.AWAITING_PAYMENT, paid=True)
    await till.scene.cancel_event(placed.event_id)

    assert problem(await ada_pays.post(f"/orders/{placed.order_id}/payments")) == (409, "event-cancelled")


async def test_nobody_pays_or_reads_payments_of_anothers_order(till: Till, payer: Payer) -> None:
    order_id, _ = await till.order()
    payment_id = (await payer("ada").post(f"/orders/{order_id}/payments")).json()["payment_id"]

    for stranger in (payer("bob"), payer("otto", "operator")):
        assert problem(await stranger.post(f"/orders/{order_id}/payments")) == (404, "not-found")
    for path in (f"/orders/{order_id}/payments/{payment_id}", f"/orders/{uuid4()}/payments/{payment_id}"):
        assert problem(await payer("bob").get(path)) == (404, "not-found")
    assert problem(await payer("ada").get(f"/orders/{order_id}/payments/{uuid4()}")) == (404, "not-found")


async def test_without_a_provider_there_is_nothing_to_pay_at(scene: Scene, ada: Person) -> None:
    placed = await scene.order_in(S.AWAITING_PAYMENT, paid=True)

    started = await ada.post(f"/orders/{placed.order_id}/payments")

    assert problem(started) == (503, "payments-not-set-up")
    assert (await scene.order(placed.order_id))["payments"] == []


@pytest.mark.parametrize(
    "return_url",
    [
        "https://rowlock.example",
        "http://127.0.0.1:8081/",
        "http://127.0.0.1:8080@evil.example/",
        "http://127.0.0.1:8080.evil.example/",
        "http://user@127.0.0.1:8080/",
        "http://127.0.0.1:8080/#order-access-token",
        "http://127.0.0.1:99999/",
        "http://[::1",
    ],
)
async def test_a_page_leads_back_to_us_only_and_takes_no_token_along(
    till: Till, ada_pays: Person, return_url: str
) -> None:
    order_id, _ = await till.order()

    started = await ada_pays.post(f"/orders/{order_id}/payments", {"return_url": return_url})

    assert problem(started) == (422, "return-url-not-allowed")


async def test_a_page_leads_back_to_the_orders_page_or_where_it_was_told(
    till: Till, ada_pays: Person
) -> None:
    for wanted in (None, f"{RETURNS_TO}/thanks?from=payment"):
        order_id, _ = await till.order()
        await ada_pays.post(f"/orders/{order_id}/payments", {"return_url": wanted})

        (there,) = await till.at_sandbox(order_id)
        assert there.get("return_url", wanted) == (wanted or f"{RETURNS_TO}/orders/{order_id}")


async def test_a_declined_card_can_be_tried_again_on_the_same_page(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    payment = (await ada_pays.post(f"/orders/{order_id}/payments")).json()

    await till.pay(payment, cards.DECLINED_CARD)
    declined = await till.paid(order_id, failure="declined")
    again = await ada_pays.post(f"/orders/{order_id}/payments")
    await till.pay(again.json())

    assert (declined["state"], again.json()["page_url"]) == ("pending", payment["page_url"])
    assert (await till.paid(order_id, state="captured"))["failure"] is None


async def test_a_provider_that_is_away_is_said_to_be_and_the_same_key_goes_on(
    till: Till, ada_pays: Person
) -> None:
    order_id, _ = await till.order()
    await till.fail(fail_next=100)

    away = await ada_pays.post(f"/orders/{order_id}/payments", key="one")
    await till.fail()
    back = await ada_pays.post(f"/orders/{order_id}/payments", key="one")

    assert problem(away) == (503, "payment-provider-unavailable")
    assert int(away.headers["retry-after"]) > 0
    assert back.json()["page_url"]
    assert len((await till.scene.order(order_id))["payments"]) == 1


async def test_a_page_whose_answer_was_lost_is_found_and_not_opened_twice(
    till: Till, ada_pays: Person
) -> None:
    order_id, _ = await till.order()
    await till.fail(lose_answers=1)

    answers = [await ada_pays.post(f"/orders/{order_id}/payments", key="one") for _ in range(2)]

    assert answers[-1].json()["page_url"]
    assert len(await till.at_sandbox(order_id)) == 1


DIFFERENT: Any = [
    (cards.OTHER_AMOUNT_CARD, "amount_differs", ("captured", 4400, "PLN")),
    (cards.OTHER_CURRENCY_CARD, "currency_differs", None),
]


@pytest.mark.parametrize(("card", "discrepancy", "entry"), DIFFERENT)
async def test_money_that_differs_from_the_order_goes_back_whole_and_is_flagged(
    till: Till, ada_pays: Person, card: str, discrepancy: str, entry: Any
) -> None:
    order_id, _ = await till.order()

    await till.pay((await ada_pays.post(f"/orders/{order_id}/payments")).json(), card)

    payment = await till.paid(order_id, state="refunding")
    (captured,) = await till.ledger(order_id)
    (refund,) = payment["refunds"]
    assert entry in (None, captured)
    assert (refund["reason"], await till.discrepancies(order_id)) == (discrepancy, [discrepancy])
    assert (refund["amount"]["amount_minor"], refund["amount"]["currency"]) == captured[1:]
    assert (await till.scene.order(order_id))["state"] == S.AWAITING_PAYMENT


async def test_the_order_can_still_be_paid_after_money_that_differed(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    await till.pay((await ada_pays.post(f"/orders/{order_id}/payments")).json(), cards.OTHER_AMOUNT_CARD)
    await till.paid(order_id, state="refunding")

    second = await ada_pays.post(f"/orders/{order_id}/payments")
    await till.pay(second.json())

    assert second.status_code == 201
    await till.payment(order_id, 1, state="captured")
    assert (await till.scene.order(order_id))["state"] == S.FINALIZING


async def test_what_is_captured_twice_goes_back_once(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()

    await till.pay((await ada_pays.post(f"/orders/{order_id}/payments")).json(), cards.TWICE_CARD)

    async def refunded() -> list[Any]:
        return (await till.scene.order(order_id))["payments"][0]["refunds"]

    (refund,) = await wait_until(refunded, what="a refund")
    assert (refund["reason"], refund["amount"]["amount_minor"]) == ("captured_twice", 4500)
    assert await till.discrepancies(order_id) == ["captured_twice"]
    assert [entry[0] for entry in await till.ledger(order_id)] == ["captured", "captured"]
    assert (await till.scene.order(order_id))["state"] == S.FINALIZING


async def test_money_for_a_lapsed_order_finalizes_it_late(till: Till, ada_pays: Person) -> None:
    order_id, hold = await till.order()
    payment = (await ada_pays.post(f"/orders/{order_id}/payments")).json()
    await till.scene.deliver(hold_expired(hold.hold_id))

    await till.pay(payment)

    await till.paid(order_id, state="captured")
    assert (await till.scene.order(order_id))["state"] == S.FINALIZING


async def test_money_for_a_cancelled_order_goes_back(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    payment = (await ada_pays.post(f"/orders/{order_id}/payments")).json()
    await till.scene.cancel(order_id)

    await till.pay(payment)

    (refund,) = (await till.paid(order_id, state="refunding"))["refunds"]
    assert (refund["reason"], refund["amount"]["amount_minor"]) == ("order_cancelled", 4500)
    assert (await till.scene.order(order_id))["state"] == S.CANCELLED


async def test_money_at_the_page_goes_back_when_an_operator_recorded_some_before(
    till: Till, ada_pays: Person
) -> None:
    order_id, _ = await till.order()
    payment = (await ada_pays.post(f"/orders/{order_id}/payments")).json()
    await till.scene.pay(order_id)

    await till.pay(payment)

    (refund,) = (await till.paid(order_id, state="refunding"))["refunds"]
    assert (refund["reason"], await till.discrepancies(order_id)) == ("paid_twice", [None, None])


async def test_an_order_of_two_events_is_paid_once(till: Till, ada_pays: Person) -> None:
    holds = [hold_of(await till.scene.publish_event()) for _ in range(2)]
    till.reservation.holds_end = holds[0].expires_at
    order_id = await till.scene.place(*holds, ticket_type="adult")

    payment = (await ada_pays.post(f"/orders/{order_id}/payments")).json()
    await till.pay(payment)

    assert payment["amount"]["amount_minor"] == 9000
    await till.paid(order_id, state="captured")
