"""The job that asks the provider: about payments whose notice was lost, and when their page must close."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from integration.orders import till as cards
from integration.orders.conftest import Person
from integration.orders.scene import hold_expired
from integration.orders.till import RULES, Till

from chassis.clock import utc_now
from orders.domain.states import OrderState as S


async def started(till: Till, ada_pays: Person) -> tuple[UUID, dict[str, Any]]:
    order_id, _ = await till.order()
    return order_id, (await ada_pays.post(f"/orders/{order_id}/payments")).json()


async def looks(till: Till, order_id: UUID) -> tuple[int, timedelta]:
    """How often the order's payment was asked about, and how long from now it is again."""
    found = "SELECT looks, look_at FROM orders.payments WHERE order_id = :order_id"
    ((count, look_at),) = await till.scene.rows(found, order_id=order_id)
    return count, look_at - utc_now()


async def test_money_whose_notice_was_lost_is_found(silent_till: Till, ada_pays: Person) -> None:
    order_id, payment = await started(silent_till, ada_pays)
    await silent_till.pay(payment)
    assert await silent_till.look_after_payments() == 0
    await silent_till.time_passes(order_id, 31)

    assert await silent_till.look_after_payments() == 1

    await silent_till.paid(order_id, state="captured")
    assert (await silent_till.scene.order(order_id))["state"] == S.FINALIZING
    assert await silent_till.look_after_payments() == 0


async def test_a_payment_nobody_paid_is_asked_about_less_and_less_but_when_its_page_closes(
    silent_till: Till, ada_pays: Person
) -> None:
    order_id, _ = await started(silent_till, ada_pays)
    pauses: list[float] = []
    while True:
        _, pause = await looks(silent_till, order_id)
        pauses.append(pause.total_seconds())
        await silent_till.time_passes(order_id, pause.total_seconds() + 0.1)
        await silent_till.look_after_payments()
        if (await silent_till.scene.order(order_id))["payments"][0]["state"] != "pending":
            break

    # 870 s in all, for the hold lives 900 s: 30 + 30 + 60 + 120 + 240, and what is left.
    assert [round(pause, -1) for pause in pauses[:-1]] == [30, 30, 60, 120, 240]
    assert sum(pauses) == pytest.approx(870, abs=5)


async def test_a_page_that_nobody_paid_at_is_closed_before_the_holds_end(
    silent_till: Till, ada_pays: Person
) -> None:
    order_id, payment = await started(silent_till, ada_pays)
    await silent_till.time_passes(order_id, 871)

    await silent_till.look_after_payments()

    (there,) = await silent_till.at_sandbox(order_id)
    failed = await silent_till.paid(order_id, state="failed")
    assert await silent_till.return_urls(order_id) == [None]
    assert (there["state"], failed["failure"], failed["page_url"]) == ("expired", "expired", None)
    again = await ada_pays.post(f"/orders/{order_id}/payments")
    assert (again.status_code, again.json()["payment_id"] == payment["payment_id"]) == (201, False)


async def test_money_that_arrived_just_before_the_page_closed_is_taken_in(
    silent_till: Till, ada_pays: Person
) -> None:
    order_id, payment = await started(silent_till, ada_pays)
    await silent_till.pay(payment)
    await silent_till.time_passes(order_id, 871)

    await silent_till.look_after_payments()

    await silent_till.paid(order_id, state="captured")


async def test_the_page_of_an_order_that_was_given_up_is_closed_at_once(
    silent_till: Till, ada_pays: Person
) -> None:
    order_id, _ = await started(silent_till, ada_pays)
    await silent_till.scene.cancel(order_id)

    assert await silent_till.look_after_payments() == 1

    (there,) = await silent_till.at_sandbox(order_id)
    assert there["state"] == "expired"
    assert (await silent_till.paid(order_id, state="failed"))["failure"] == "withdrawn"


async def test_the_page_of_an_order_that_lapsed_or_was_paid_otherwise_is_closed_at_once(
    silent_till: Till, ada_pays: Person
) -> None:
    lapsed, hold = await silent_till.order()
    await ada_pays.post(f"/orders/{lapsed}/payments")
    recorded, _ = await started(silent_till, ada_pays)
    await silent_till.scene.deliver(hold_expired(hold.hold_id))
    await silent_till.scene.pay(recorded)

    assert await silent_till.look_after_payments() == 2

    failures = [
        (await silent_till.paid(order_id, state="failed"))["failure"] for order_id in (lapsed, recorded)
    ]
    assert failures == ["expired", "withdrawn"]


async def test_a_payment_that_never_answers_stays_pending_and_is_asked_about_until_it_does(
    silent_till: Till, ada_pays: Person
) -> None:
    order_id, payment = await started(silent_till, ada_pays)
    await silent_till.pay(payment, cards.SILENT_CARD)

    for _ in range(3):
        await silent_till.time_passes(order_id, 4000)
        assert await silent_till.look_after_payments() == 1

    await silent_till.paid(order_id, state="pending")
    assert (await looks(silent_till, order_id))[1] > timedelta(seconds=60)


async def test_money_that_arrives_after_its_page_was_closed_is_taken_in_late(
    till: Till, ada_pays: Person
) -> None:
    order_id, hold = await till.order()
    payment = (await ada_pays.post(f"/orders/{order_id}/payments")).json()
    await till.pay(payment, cards.LATE_CARD)
    await till.scene.deliver(hold_expired(hold.hold_id))
    await till.look_after_payments()

    await till.paid(order_id, state="captured")
    assert (await till.scene.order(order_id))["state"] == S.FINALIZING


async def test_a_provider_that_is_away_is_asked_again(silent_till: Till, ada_pays: Person) -> None:
    order_id, payment = await started(silent_till, ada_pays)
    await silent_till.pay(payment)
    await silent_till.time_passes(order_id, 871)
    await silent_till.fail(fail_next=100)

    assert await silent_till.look_after_payments() == 1
    await silent_till.fail()
    assert await silent_till.look_after_payments() == 0
    await silent_till.time_passes(order_id, 31)
    assert await silent_till.look_after_payments() == 1

    await silent_till.paid(order_id, state="captured")


async def test_replicas_ask_about_each_payment_once(
    silent_till: Till, ada_pays: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_ids = [(await started(silent_till, ada_pays))[0] for _ in range(6)]
    for order_id in order_ids:
        await silent_till.time_passes(order_id, 31)
    asked: list[str] = []
    find = type(silent_till.provider).find_payment

    async def find_slowly(provider: Any, *, reference: str) -> Any:
        asked.append(reference)
        await asyncio.sleep(0.01)
        return await find(provider, reference=reference)

    monkeypatch.setattr(type(silent_till.provider), "find_payment", find_slowly)
    rules = replace(RULES, payments_max=2)

    done = await asyncio.gather(*(silent_till.look_after_payments(rules) for _ in range(4)))

    assert (sum(done), len(asked), len(set(asked))) == (6, 6, 6)
