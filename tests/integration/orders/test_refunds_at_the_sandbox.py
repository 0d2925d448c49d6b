"""Refunds at the payment sandbox, over HTTP, with its real notices."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from integration.orders.conftest import Person
from integration.orders.till import Till

from messages.reservation import HoldsConfirmed
from orders.clients.payment_provider import ProviderRefund
from orders.jobs.refunds import SendRefunds
from support.payment_sandbox import CARD
from support.waiting import wait_until

REFUNDS_SETTLE_LATER_CARD = "4000000000005126"
REFUNDS_FAIL_FIRST_CARD = "4000000000007726"

Payer = Callable[..., Person]


@pytest.fixture
def ada_pays(payer: Payer) -> Person:
    return payer("ada")


async def cancelled(till: Till, ada_pays: Person, card: str) -> uuid.UUID:
    """An order that was paid with the card, confirmed, and cancelled through the API."""
    order_id, _ = await till.order()
    started = await ada_pays.post(f"/orders/{order_id}/payments")
    await till.pay(started.json(), card)
    await till.paid(order_id, state="captured")
    await till.scene.deliver(HoldsConfirmed(order_id=order_id))
    answer = await ada_pays.post(f"/orders/{order_id}/cancellation")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelling")
    return order_id


def job(till: Till, **settings: Any) -> SendRefunds:
    quick = {"refund_retry_s": 0.05, "refund_look_again_s": 0.05, "refunds_per_s": 1000.0}
    changed = till.app.state.settings.model_copy(update={**quick, **settings})
    return SendRefunds(till.db, changed, till.provider)


async def refund_of(till: Till, order_id: uuid.UUID) -> dict[str, Any]:
    ((refund,),) = [payment["refunds"] for payment in (await till.scene.order(order_id))["payments"]]
    return refund


async def at_provider(till: Till, order_id: uuid.UUID) -> list[ProviderRefund]:
    """What the sandbox itself says of the refunds of the order's only capture."""
    ((reference,),) = await till.scene.rows(
        "SELECT reference FROM orders.ledger_entries WHERE order_id = :order_id AND kind = 'captured'",
        order_id=order_id,
    )
    return list(await till.provider.find_refunds_of(capture_reference=reference))


async def settled(till: Till, order_id: uuid.UUID, work: Callable[[], Any] | None = None) -> None:
    """Wait until the money is back, with a run of the job before each look if `work` is given."""

    async def is_settled() -> bool:
        if work is not None:
            await work()
        return (await refund_of(till, order_id))["state"] == "settled"

    await wait_until(is_settled, what="the refund is settled")


async def test_the_money_of_a_cancelled_order_is_back(till: Till, ada_pays: Person) -> None:
    order_id = await cancelled(till, ada_pays, CARD)

    await job(till).run()
    await settled(till, order_id)

    (there,) = await at_provider(till, order_id)
    assert (there.amount.amount_minor, there.state) == (4500, "succeeded")
    await till.paid(order_id, state="refunded")
    assert await till.ledger(order_id) == [("captured", 4500, "PLN"), ("refunded", 4500, "PLN")]


async def test_a_refund_that_settles_later_is_settled_by_its_notice(till: Till, ada_pays: Person) -> None:
    order_id = await cancelled(till, ada_pays, REFUNDS_SETTLE_LATER_CARD)

    # Never asked about again while the test lasts.
    await job(till, refund_look_again_s=3600.0).run()
    assert (await refund_of(till, order_id))["state"] == "submitted"

    await settled(till, order_id)


async def test_a_refund_whose_notice_is_lost_is_settled_by_asking(till: Till, ada_pays: Person) -> None:
    order_id = await cancelled(till, ada_pays, REFUNDS_SETTLE_LATER_CARD)
    await till.deliver_notices("none")

    await settled(till, order_id, job(till).run)


async def test_a_refund_that_fails_first_succeeds_as_another_one(till: Till, ada_pays: Person) -> None:
    order_id = await cancelled(till, ada_pays, REFUNDS_FAIL_FIRST_CARD)

    await settled(till, order_id, job(till).run)

    states = sorted(refund.state for refund in await at_provider(till, order_id))
    assert states == ["failed", "succeeded"]
    assert await till.ledger(order_id) == [("captured", 4500, "PLN"), ("refunded", 4500, "PLN")]


async def test_an_answer_that_is_lost_pays_back_once(till: Till, ada_pays: Person) -> None:
    order_id = await cancelled(till, ada_pays, CARD)
    await till.deliver_notices("none")
    await till.fail(lose_answers=2)

    await settled(till, order_id, job(till).run)

    assert len(await at_provider(till, order_id)) == 1


async def test_notices_that_come_twice_pay_back_once(till: Till, ada_pays: Person) -> None:
    order_id = await cancelled(till, ada_pays, CARD)
    await till.deliver_notices("twice")

    await job(till).run()
    await settled(till, order_id)

    assert len(await at_provider(till, order_id)) == 1
    assert await till.ledger(order_id) == [("captured", 4500, "PLN"), ("refunded", 4500, "PLN")]
