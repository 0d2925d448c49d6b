"""Paying for an order at the payment sandbox, over HTTP: one page, whoever asks how often, after any trouble."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders import till as cards
from integration.orders.conftest import Person, problem
from integration.orders.scene import hold_of
from integration.orders.till import TERMS, Till

from chassis.clock import utc_now
from orders.domain.rights import OrderRight
from orders.domain.states import OrderState as S
from orders.usecases.start_payment import PaymentTerms, begin_payment
from support.money.crash import Commits, tasks_own_transactions

RETURNS_TO = "http://127.0.0.1:8080"


def at(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


async def test_a_paid_order_is_finalized_by_the_notice_of_its_capture(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    started = await ada_pays.post(f"/orders/{order_id}/payments")
    await till.scene.take_sent()

    await till.pay(started.json())

    payment = await till.paid(order_id, state="captured")
    order = await till.scene.order(order_id)
    assert (order["state"], order["timeline"][-1]["actor"]) == (S.FINALIZING, "payment_provider")
    assert (payment["provider"], payment["page_url"], payment["refunds"]) == ("sandbox", None, [])
    assert (payment["discrepancy"], await till.return_urls(order_id)) == (None, [None])
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


async def test_an_order_of_two_events_is_paid_once(till: Till, ada_pays: Person) -> None:
    holds = [hold_of(await till.scene.publish_event()) for _ in range(2)]
    till.reservation.holds_end = holds[0].expires_at
    order_id = await till.scene.place(*holds, ticket_type="adult")

    payment = (await ada_pays.post(f"/orders/{order_id}/payments")).json()
    await till.pay(payment)

    assert payment["amount"]["amount_minor"] == 9000
    await till.paid(order_id, state="captured")


async def test_a_page_that_is_over_is_not_given_again(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    await ada_pays.post(f"/orders/{order_id}/payments")

    await till.time_passes(order_id, 871)

    assert problem(await ada_pays.post(f"/orders/{order_id}/payments")) == (409, "too-late-to-pay")


async def begun_by_killed_request(till: Till, order_id: UUID, terms: PaymentTerms = TERMS) -> None:
    right = OrderRight(buyer_id="ada")
    await till.db.run(
        lambda tx: begin_payment(tx, order_id=order_id, right=right, terms=terms, now=utc_now())
    )


async def test_whoever_goes_on_after_a_kill_has_the_holds_prolonged_if_nobody_had(
    till: Till, ada_pays: Person
) -> None:
    order_id, hold = await till.order(lives_s=80)
    till.reservation.holds_end = hold.expires_at + timedelta(seconds=600)
    await begun_by_killed_request(till, order_id)

    payment = (await ada_pays.post(f"/orders/{order_id}/payments")).json()

    assert at(payment["expires_at"]) == hold.expires_at + timedelta(seconds=570)
    assert len((await till.scene.order(order_id))["payments"]) == till.reservation.asked == 1


async def test_what_was_begun_for_another_provider_is_not_opened_here(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    await begun_by_killed_request(till, order_id, replace(TERMS, provider="stripe"))

    started = await ada_pays.post(f"/orders/{order_id}/payments")

    assert problem(started) == (502, "payment-provider-refused")
    assert await till.at_sandbox(order_id) == []


async def test_nobody_is_asked_anything_within_a_transaction(
    till: Till, ada_pays: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = watched(till, monkeypatch)
    await till.deliver_notices("none")
    order_id, _ = await till.order()

    await ada_pays.post(f"/orders/{order_id}/payments")
    for seconds in (31, 871):
        await till.time_passes(order_id, seconds)
        await till.look_after_payments()

    assert [name for name, _ in asked] == ["renew", "create_payment", "find_payment", "close_payment"]
    assert {transactions for _, transactions in asked} == {0}


def watched(till: Till, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What provider and reservation are asked, and within how many transactions of whoever asks."""
    asked: list[tuple[str, int]] = []

    def watch(whom: object, name: str) -> None:
        answer: Callable[..., Any] = getattr(whom, name)

        async def watching(*args: Any, **kwargs: Any) -> Any:
            asked.append((name, tasks_own_transactions()))
            return await answer(*args, **kwargs)

        monkeypatch.setattr(whom, name, watching)

    for name in ("create_payment", "find_payment", "find_payment_of", "close_payment"):
        watch(till.provider, name)
    watch(till.app.state.held_seats, "renew")
    for db in (till.db, till.app.state.db):
        for method in ("transaction", "snapshot"):
            monkeypatch.setattr(db, method, getattr(db, method))  # so that it is put back
        Commits.of([db])
    return asked
