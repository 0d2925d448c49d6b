"""Refunds on their way to the provider: sent once, whatever is lost, and raised when they fail for good."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from integration.orders.money import PRICE_MINOR, SEATS, MoneyScene, Paid

from chassis.clock import utc_now
from orders.clients.payment_provider import ProviderRefund, ProviderRefundState
from orders.domain.order import Money
from orders.domain.refund import RefundHasNotFailed, RefundIsUnderWay
from orders.usecases.retry_refund import retry_refund
from orders.usecases.settle_refund import settle_refund
from orders.usecases.take_in_refund import take_in_refund

PENDING, SUCCEEDED, FAILED = (
    ProviderRefundState.PENDING,
    ProviderRefundState.SUCCEEDED,
    ProviderRefundState.FAILED,
)


async def tell(money: MoneyScene, refund: ProviderRefund) -> uuid.UUID | None:
    """A notice about a refund comes."""
    return await money.scene.db.run(
        lambda tx: take_in_refund(tx, refund=refund, provider=money.provider.name, now=utc_now())
    )


async def row(money: MoneyScene, paid: Paid, column: str) -> Any:
    return await money.scene.scalar(
        f"SELECT {column} FROM orders.refunds WHERE order_id = :order_id",
        order_id=paid.order_id,
    )


async def test_a_refund_is_sent_and_settled_and_the_ledger_says_so(money: MoneyScene) -> None:
    paid = await money.cancelled()

    assert await money.job().run() == 1
    assert await money.job().run() == 0

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "settled")]
    assert await money.payment_states(paid.order_id) == ["refunded"]
    assert (await money.refunded_entries(), len(money.provider.refunds), money.provider.faults) == (1, 1, [])


async def test_a_refund_that_settles_later_is_asked_about_until_it_has(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.refund_becomes = PENDING
    slow = money.job(refund_look_again_s=60.0)

    await slow.run()
    assert await money.refund_state(paid) == "submitted"
    assert await slow.run() == 0  # not yet

    (reference,) = money.provider.refunds
    money.provider.settle_refund(reference)
    await money.make_due()
    await slow.run()

    assert (await money.refund_state(paid), await money.refunded_entries()) == ("settled", 1)


async def test_a_notice_settles_it_before_the_job_asks_again(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.refund_becomes = PENDING
    slow = money.job(refund_look_again_s=60.0)
    await slow.run()
    (reference,) = money.provider.refunds
    money.provider.settle_refund(reference)

    told = money.provider.refunds[reference].now
    for _ in range(2):
        assert await tell(money, told) is not None

    assert (await money.refund_state(paid), await money.refunded_entries()) == ("settled", 1)
    assert await row(money, paid, "next_attempt_at") is None


async def test_a_notice_may_overtake_the_answer_to_the_call_itself(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.trouble.meet("answer_lost")
    slow = money.job(refund_retry_s=60.0)
    await slow.run()
    (made,) = money.provider.refunds.values()

    await tell(money, made.now)

    assert await money.refund_state(paid) == "settled"
    await money.make_due()
    assert await slow.run() == 0


async def test_news_of_a_refund_of_nobodys_is_not_taken_in(money: MoneyScene) -> None:
    amount = Money(amount_minor=1, currency="PLN")
    strange = ProviderRefund(reference="ref_x", refund_id=uuid.uuid4(), state=SUCCEEDED, amount=amount)
    assert await tell(money, strange) is None


async def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_name(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.trouble.meet("answer_lost", calls=3)

    for _ in range(4):
        await money.make_due()
        await money.job().run()

    assert await money.refund_state(paid) == "settled"
    assert (len(money.provider.refunds), await row(money, paid, "attempts")) == (1, 0)


async def test_what_was_asked_for_before_is_looked_for_since_providers_forget_our_names(
    money: MoneyScene,
) -> None:
    paid = await money.paid(seats=SEATS)
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    money.provider.trouble.meet("answer_lost")
    await money.job(refund_retry_s=60.0).run()
    (made,) = money.provider.refunds.values()
    made.key = (uuid.uuid4(), 1)  # a day later: the name would make another refund of a part

    await money.make_due()
    await money.job().run()

    assert (await money.refund_state(paid), len(money.provider.refunds)) == ("settled", 1)


async def test_a_provider_that_is_away_is_asked_again_after_ever_longer_pauses(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.trouble.meet("away", calls=5)
    patient = money.job(refund_retry_s=10.0, refund_retry_s_max=60.0)
    pauses = []

    for _ in range(5):
        await money.make_due()
        asked_at = utc_now()
        await patient.run()
        pauses.append((await row(money, paid, "next_attempt_at") - asked_at).total_seconds())

    assert pauses == pytest.approx([10, 20, 40, 60, 60], abs=2)
    assert (await money.refund_state(paid), await row(money, paid, "attempts")) == ("pending", 0)


async def test_a_refund_that_fails_is_tried_again_as_a_new_one(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.refund_becomes = FAILED
    await money.job(refund_retry_s=60.0).run()
    assert (await money.refund_state(paid), await row(money, paid, "failure")) == ("pending", "try again")

    money.provider.refund_becomes = SUCCEEDED
    await money.make_due()
    await money.job().run()

    assert await money.refund_state(paid) == "settled"
    assert [made.key[1] for made in money.provider.refunds.values()] == [1, 2]
    assert await money.refunded_entries() == 1


async def test_a_refund_that_fails_too_often_is_the_operators(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.refund_becomes = FAILED

    await money.run_until_still(refund_attempts_max=3)

    assert (await money.refund_state(paid), len(money.provider.refunds)) == ("failed", 3)
    assert await row(money, paid, "next_attempt_at") is None
    assert await money.payment_states(paid.order_id) == ["refunding"]  # still owed
    assert await money.left_over(paid.order_id) == 0


async def test_an_operator_has_it_tried_once_more_or_pays_it_by_hand(money: MoneyScene) -> None:
    first, second = await money.cancelled(), await money.cancelled()
    money.provider.refund_becomes = FAILED
    await money.run_until_still(refund_attempts_max=2)
    one, other = [await money.refund_id(paid.order_id) for paid in (first, second)]

    money.provider.refund_becomes = SUCCEEDED
    await money.scene.db.run(lambda tx: retry_refund(tx, refund_id=one, now=utc_now()))
    await money.job().run()
    assert await money.scene.db.run(lambda tx: settle_refund(tx, refund_id=other, now=utc_now()))

    assert [await money.refund_state(paid) for paid in (first, second)] == ["settled", "settled"]
    assert await money.refunded_entries() == 2


async def test_news_that_what_was_given_up_succeeded_has_the_provider_asked(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.refund_becomes = FAILED
    await money.run_until_still(refund_attempts_max=2)
    first, last = money.provider.refunds

    await tell(money, replace(money.provider.refunds[first].now, state=SUCCEEDED))  # it is not true any more
    await money.run_until_still(refund_attempts_max=2)
    assert (await money.refund_state(paid), await money.refunded_entries()) == ("failed", 0)
    money.provider.settle_refund(last)
    await tell(money, money.provider.refunds[last].now)
    await money.run_until_still(refund_attempts_max=2)

    assert (await money.refund_state(paid), await money.refunded_entries()) == ("settled", 1)
    assert len(money.provider.refunds) == 2


async def test_late_news_of_a_failure_opens_nothing_that_was_paid_by_hand(money: MoneyScene) -> None:
    paid = await money.cancelled()
    money.provider.refund_becomes = FAILED
    await money.run_until_still(refund_attempts_max=2)
    refund_id = await money.refund_id(paid.order_id)
    await money.scene.db.run(lambda tx: settle_refund(tx, refund_id=refund_id, now=utc_now()))

    for failed in money.provider.refunds.values():
        await tell(money, failed.now)

    assert (await money.refund_state(paid), await money.job().run()) == ("settled", 0)
    assert await money.payment_states(paid.order_id) == ["refunded"]


async def test_what_is_on_its_way_is_neither_paid_by_hand_nor_sent_again(money: MoneyScene) -> None:
    paid = await money.cancelled()
    refund_id = await money.refund_id(paid.order_id)

    with pytest.raises(RefundIsUnderWay):
        await money.scene.db.run(lambda tx: settle_refund(tx, refund_id=refund_id, now=utc_now()))
    with pytest.raises(RefundHasNotFailed):
        await money.scene.db.run(lambda tx: retry_refund(tx, refund_id=refund_id, now=utc_now()))


async def test_a_recorded_payment_is_left_to_an_operator(money: MoneyScene) -> None:
    paid = await money.paid(at_provider=False)
    await money.scene.cancel(paid.order_id)
    refund_id = await money.refund_id(paid.order_id)

    assert await row(money, paid, "next_attempt_at") is None
    assert await money.job().run() == 0
    for first_time in (True, False):
        settled = money.scene.db.run(lambda tx: settle_refund(tx, refund_id=refund_id, now=utc_now()))
        assert await settled is first_time

    assert (await money.refund_state(paid), await money.refunded_entries()) == ("settled", 1)
    assert await money.payment_states(paid.order_id) == ["refunded"]


async def test_a_refund_that_fails_after_it_succeeded_is_sent_again(money: MoneyScene) -> None:
    paid = await money.cancelled()
    await money.job().run()
    (reference,) = money.provider.refunds
    money.provider.settle_refund(reference, failure="account closed")

    await tell(money, money.provider.refunds[reference].now)
    assert (await money.refund_state(paid), await money.payment_states(paid.order_id)) == (
        "submitted", ["refunding"],
    )  # fmt: skip
    await money.run_until_still()

    assert (await money.refund_state(paid), len(money.provider.refunds)) == ("settled", 2)
    assert await money.payment_states(paid.order_id) == ["refunded"]
    assert await money.refunded_entries() == 1


async def test_old_news_of_an_attempt_that_failed_since_settle_nothing(money: MoneyScene) -> None:
    paid = await money.cancelled()
    await money.job().run()
    (made,) = money.provider.refunds.values()
    succeeded = made.now
    money.provider.settle_refund(succeeded.reference, failure="account closed")
    await tell(money, made.now)
    money.provider.refund_becomes = PENDING
    await money.job(refund_retry_s=60.0).run()  # learns that it failed

    await tell(money, succeeded)
    assert await money.refund_state(paid) == "pending"
    await money.make_due()
    await money.job(refund_look_again_s=60.0).run()  # sends it again
    for old in (succeeded, made.now):
        await tell(money, old)

    assert await money.refund_state(paid) == "submitted"
