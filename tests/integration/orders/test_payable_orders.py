"""Which orders can be paid, until when, by whom, and where their payment page leads back to."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from integration.orders.conftest import Person, problem
from integration.orders.scene import Scene
from integration.orders.till import Till

from chassis.clock import utc_now
from orders.domain.states import OrderState as S

Payer = Callable[..., Person]
RETURNS_TO = "http://127.0.0.1:8080"


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
    for wanted in (None, "/account/orders", "//evil.example", f"{RETURNS_TO}/thanks?from=payment"):
        order_id, _ = await till.order()
        await ada_pays.post(f"/orders/{order_id}/payments", {"return_url": wanted})

        (there,) = await till.at_sandbox(order_id)
        leads_to = wanted or f"/orders/{order_id}"
        expected = leads_to if leads_to.startswith("http") else f"{RETURNS_TO}{leads_to}"
        assert there["return_url"] == expected
