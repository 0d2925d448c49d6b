"""What becomes of money that arrives at the sandbox: on time, late, twice, or not what was asked for."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from integration.orders import till as cards
from integration.orders.conftest import Person
from integration.orders.scene import hold_expired
from integration.orders.till import Till
from structlog.testing import capture_logs

from chassis.clock import utc_now
from orders.clients.payment_provider import Capture, Notice, ProviderPayment, ProviderPaymentState
from orders.domain.order import Money
from orders.domain.states import NoticeVerdict
from orders.domain.states import OrderState as S
from orders.usecases.take_notice import take_notice
from support.waiting import wait_until

DIFFERENT: Any = [
    (cards.OTHER_AMOUNT_CARD, "amount_differs", ("captured", 4400, "PLN")),
    (cards.OTHER_CURRENCY_CARD, "currency_differs", None),
]


@pytest.mark.parametrize(("card", "discrepancy", "entry"), DIFFERENT)
async def test_money_that_differs_from_the_order_goes_back_whole_and_is_flagged(
    till: Till, ada_pays: Person, card: str, discrepancy: str, entry: Any
) -> None:
    order_id, _ = await till.order()

    with capture_logs() as logs:
        await till.pay((await ada_pays.post(f"/orders/{order_id}/payments")).json(), card)
        payment = await till.paid(order_id, state="refunding", discrepancy=discrepancy)

    told = [line["discrepancy"] for line in logs if line["event"] == "payment_discrepancy"]
    assert told == [discrepancy]
    read = await ada_pays.get(f"/orders/{order_id}/payments/{payment['payment_id']}")
    assert read.json()["discrepancy"] == discrepancy
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


def capture(reference: str, *, amount_minor: int = 4500, currency: str = "PLN") -> Capture:
    amount = Money(amount_minor=amount_minor, currency=currency)
    return Capture(reference=reference, amount=amount, captured_at=utc_now())


async def refunds(till: Till, order_id: UUID) -> list[str]:
    """Why money of the order goes back."""
    payments = (await till.scene.order(order_id))["payments"]
    return [refund["reason"] for payment in payments for refund in payment["refunds"]]


@pytest.mark.parametrize(
    ("different", "reason"),
    [({"amount_minor": 4600}, "amount_differs"), ({"currency": "EUR"}, "currency_differs")],
)
@pytest.mark.parametrize("state", [S.EXPIRED, S.CANCELLED])
async def test_amount_and_currency_are_compared_before_anything_else(
    till: Till, ada_pays: Person, state: S, different: Any, reason: str
) -> None:
    order_id, hold = await till.order()
    await ada_pays.post(f"/orders/{order_id}/payments")
    if state is S.EXPIRED:
        await till.scene.deliver(hold_expired(hold.hold_id))
    else:
        await till.scene.cancel(order_id)
    await till.scene.take_sent()

    await till.tell(order_id, capture("cap_1", **different))

    assert (await till.scene.order(order_id))["state"] == state
    assert (await refunds(till, order_id), await till.scene.take_sent()) == ([reason], [])
    assert await till.discrepancies(order_id) == [reason]


async def test_of_two_captures_told_in_one_answer_one_is_used_and_one_goes_back(
    till: Till, ada_pays: Person
) -> None:
    """The second meets the order as the first has left it."""
    order_id, _ = await till.order()
    await ada_pays.post(f"/orders/{order_id}/payments")
    await till.scene.take_sent()

    await till.tell(order_id, capture("cap_1"), capture("cap_2"))

    order = await till.scene.order(order_id)
    assert [entry["state"] for entry in order["timeline"]] == [S.AWAITING_PAYMENT, S.FINALIZING]
    assert len(await till.scene.take_sent()) == 1
    assert await refunds(till, order_id) == ["captured_twice"]


async def test_of_two_captures_told_at_the_same_instant_one_is_used_and_one_goes_back(
    till: Till, ada_pays: Person
) -> None:
    order_id, _ = await till.order()
    await ada_pays.post(f"/orders/{order_id}/payments")

    await till.scene.queue_for(
        order_id,
        lambda: till.tell(order_id, capture("cap_1")),
        lambda: till.tell(order_id, capture("cap_2"), capture("cap_1")),
    )

    assert (await till.scene.order(order_id))["state"] == S.FINALIZING
    assert await refunds(till, order_id) == ["captured_twice"]
    assert await till.ledger(order_id) == [("captured", 4500, "PLN")] * 2


async def test_one_capture_told_by_twenty_at_once_is_taken_in_once(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    await ada_pays.post(f"/orders/{order_id}/payments")

    await asyncio.gather(*(till.tell(order_id, capture("cap_1")) for _ in range(20)))

    assert (await refunds(till, order_id), await till.discrepancies(order_id)) == ([], [None])
    assert await till.ledger(order_id) == [("captured", 4500, "PLN")]


async def test_of_two_attempts_paid_at_the_same_instant_one_goes_back(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    await ada_pays.post(f"/orders/{order_id}/payments")
    await till.time_passes(order_id, 871)
    await till.look_after_payments()
    await ada_pays.post(f"/orders/{order_id}/payments")

    await till.scene.queue_for(
        order_id,
        lambda: till.tell(order_id, capture("cap_2"), index=1),
        lambda: till.tell(order_id, capture("cap_1"), index=0),
    )

    assert (await till.scene.order(order_id))["state"] == S.FINALIZING
    assert (await refunds(till, order_id), await till.discrepancies(order_id)) == (["paid_twice"], [None] * 2)


@pytest.mark.parametrize("expires_first", [True, False])
async def test_money_and_the_holds_end_at_the_same_instant_finalize_the_order(
    till: Till, ada_pays: Person, *, expires_first: bool
) -> None:
    order_id, hold = await till.order()
    await ada_pays.post(f"/orders/{order_id}/payments")
    await till.scene.take_sent()
    at_once = [
        lambda: till.scene.deliver(hold_expired(hold.hold_id)),
        lambda: till.tell(order_id, capture("cap_1")),
    ]

    await till.scene.queue_for(order_id, *(at_once if expires_first else reversed(at_once)))

    assert (await till.scene.order(order_id))["state"] == S.FINALIZING
    assert (await till.scene.take_sent()).count("confirm_holds") == 1
    assert await refunds(till, order_id) == []


async def test_a_notice_that_came_before_its_payment_is_taken_in_when_it_comes_again(
    till: Till, ada_pays: Person
) -> None:
    order_id, _ = await till.order()
    told = ProviderPayment(
        reference="pay_early",
        payment_id=None,
        state=ProviderPaymentState.CAPTURED,
        page_url=None,
        captures=(capture("cap_1"),),
    )
    notice = Notice(notice_id="early", kind="payment.captured", sent_at=utc_now(), payment=told, refund=None)

    async def deliver() -> NoticeVerdict:
        return await till.db.run(lambda tx: take_notice(tx, notice=notice, provider="sandbox", now=utc_now()))

    early = await deliver()
    await ada_pays.post(f"/orders/{order_id}/payments")
    await till.scene.rows("UPDATE orders.payments SET reference = 'pay_early' RETURNING 1")
    later = [await deliver() for _ in range(2)]

    assert (early, later) == (NoticeVerdict.UNKNOWN_PAYMENT, [NoticeVerdict.TAKEN] * 2)
    assert (await till.scene.order(order_id))["state"] == S.FINALIZING
    assert await till.ledger(order_id) == [("captured", 4500, "PLN")]


async def test_a_notice_counts_once_for_good_whatever_was_learned_since(till: Till, ada_pays: Person) -> None:
    order_id, _ = await till.order()
    await ada_pays.post(f"/orders/{order_id}/payments")
    (there,) = await till.at_sandbox(order_id)
    told = await till.provider.find_payment(reference=there["payment_id"])
    assert told is not None
    declined = Notice(
        notice_id="declined once",
        kind="payment.declined",
        sent_at=utc_now(),
        payment=replace(told, declined=True),
        refund=None,
    )
    since = replace(declined, notice_id="not since", payment=told)

    for notice in (declined, since, declined):
        await till.db.run(
            lambda tx, told=notice: take_notice(tx, notice=told, provider="sandbox", now=utc_now())
        )

    await till.paid(order_id, state="pending", failure=None)
