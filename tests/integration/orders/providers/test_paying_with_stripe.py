"""An order's money from beginning to end at Stripe: its API over HTTP, its notices, our API and jobs."""

import uuid
from typing import Any, cast

import pytest
from integration.orders.providers.desk import Desk
from integration.orders.providers.worlds import StripeWorld
from sqlalchemy import text

from messages.reservation import HoldsConfirmed, SeatsReleased
from orders.domain.states import OrderState as S
from orders.jobs.payments import look_after_payments
from orders.jobs.refunds import SendRefunds
from orders.usecases.look_after_payments import LookRules
from support.stripe_stand_in import OUT_OF_ORDER, StripeStandIn

pytestmark = pytest.mark.parametrize("world", ["stripe"], indirect=True)

QUICK = {"refund_retry_s": 1e-6, "refund_look_again_s": 1e-6, "refunds_per_s": 1000.0}
RULES = LookRules(again_s=30, again_s_max=3600, payments_max=20)


@pytest.fixture
def stripe(desk: Desk) -> StripeStandIn:
    return cast("StripeWorld", desk.world).stand_in


async def confirmed(desk: Desk) -> tuple[uuid.UUID, str]:
    """A paid order with its ticket; the provider's name of its payment."""
    order_id, reference = await desk.paid()
    assert 204 == (await desk.send(*await desk.world.notice("paid", reference))).status_code
    await desk.scene.deliver(HoldsConfirmed(order_id=order_id))
    return order_id, reference


async def cancel(desk: Desk, order_id: uuid.UUID) -> None:
    answer = await desk.ada.post(f"/orders/{order_id}/cancellation")
    assert answer.status_code in (200, 202), answer.text
    await desk.scene.deliver(SeatsReleased(order_id=order_id))


async def send_refunds(desk: Desk) -> int:
    """One round of the job."""
    settings = desk.app.state.settings.model_copy(update=QUICK)
    return await SendRefunds(desk.db, settings, desk.app.state.payment_provider).run()


async def look(desk: Desk) -> int:
    return await look_after_payments(desk.db, provider=desk.app.state.payment_provider, rules=RULES)


async def time_passes(desk: Desk, order_id: uuid.UUID, seconds: float) -> None:
    """For the order's payments."""
    earlier = (
        "UPDATE orders.payments SET look_at = look_at - make_interval(secs => :s), "
        "expires_at = expires_at - make_interval(secs => :s) WHERE order_id = :order_id"
    )
    async with desk.db.transaction() as tx:
        await tx.execute(text(earlier), {"s": seconds, "order_id": order_id})


async def test_an_order_is_paid_confirmed_cancelled_and_its_money_back(desk: Desk, stripe: StripeStandIn):
    order_id, reference = await confirmed(desk)
    assert (S.CONFIRMED, ["valid"]) == (await desk.state(order_id), await desk.scene.tickets(order_id))

    await cancel(desk, order_id)
    await send_refunds(desk)

    [refund], [intent] = stripe.account.refunds.values(), stripe.account.intents.values()
    assert (4500, "pln", intent["id"]) == (refund["amount"], refund["currency"], refund["payment_intent"])
    assert reference == next(iter(stripe.account.sessions))
    assert [("order", "cancelled_by_buyer", 4500, "PLN", "settled")] == await desk.refunds(order_id)
    assert [("captured", 4500, "PLN"), ("refunded", 4500, "PLN")] == await desk.ledger(order_id)
    assert (S.CANCELLED, ["refunded"]) == (await desk.state(order_id), await desk.payments(order_id))


async def test_notices_of_a_refund_we_asked_for_change_nothing_more(desk: Desk, stripe: StripeStandIn):
    order_id, _ = await confirmed(desk)
    await cancel(desk, order_id)
    await send_refunds(desk)
    before = (await desk.ledger(order_id), await desk.refunds(order_id))

    answers = [(await desk.send(*stripe.signed(event))).status_code for event in stripe.account.events]

    assert {204} == set(answers)
    assert {"checkout.session.completed", "refund.created", "charge.refunded"} == {
        each["type"] for each in stripe.account.events
    }
    assert before == (await desk.ledger(order_id), await desk.refunds(order_id))


async def test_a_card_declined_first_pays_on_the_same_page(desk: Desk, stripe: StripeStandIn):
    order_id, reference = await desk.begun()
    await desk.world.decline(reference)
    await time_passes(desk, order_id, 31)
    await look(desk)

    [payment] = (await desk.scene.order(order_id))["payments"]
    stripe.account.pay(reference)
    await desk.send(*await desk.world.notice("paid", reference))

    assert ("pending", "declined") == (payment["state"], payment["failure"])
    assert (S.FINALIZING, ["captured"]) == (await desk.state(order_id), await desk.payments(order_id))


async def test_money_whose_notice_was_lost_is_found_by_asking(desk: Desk):
    order_id, _ = await desk.paid()
    await time_passes(desk, order_id, 31)

    assert 1 == await look(desk)

    assert (S.FINALIZING, [("captured", 4500, "PLN")]) == (
        await desk.state(order_id),
        await desk.ledger(order_id),
    )


async def test_a_page_is_closed_at_stripe_before_the_holds_end(desk: Desk, stripe: StripeStandIn):
    order_id, reference = await desk.begun()
    await time_passes(desk, order_id, 901)

    await look(desk)

    assert "expired" == stripe.account.sessions[reference]["status"]
    [payment] = (await desk.scene.order(order_id))["payments"]
    assert ("failed", "expired") == (payment["state"], payment["failure"])


async def test_a_page_paid_at_the_last_moment_is_not_closed_but_taken(desk: Desk):
    order_id, _ = await desk.paid()
    await time_passes(desk, order_id, 901)

    await look(desk)

    assert (S.FINALIZING, ["captured"]) == (await desk.state(order_id), await desk.payments(order_id))


async def test_a_page_whose_answer_was_lost_is_the_one_the_buyer_gets(desk: Desk, stripe: StripeStandIn):
    order_id, key = await desk.order(), str(uuid.uuid4())
    stripe.faults.stay_silent(done=True)

    lost = await desk.ada.post(f"/orders/{order_id}/payments", key=key)
    again = await desk.ada.post(f"/orders/{order_id}/payments", key=key)

    [session] = stripe.account.sessions.values()
    assert (503, "/problems/payment-provider-unavailable") == (lost.status_code, lost.json()["type"])
    assert session["url"] == again.json()["page_url"]


async def test_money_on_its_way_leaves_the_payment_pending_until_it_arrives(
    desk: Desk, stripe: StripeStandIn
):
    order_id, reference = await desk.begun()

    assert 204 == (await desk.send(*stripe.signed(stripe.account.pay_slowly(reference)))).status_code
    on_its_way = await desk.payments(order_id)
    assert 204 == (await desk.send(*stripe.signed(stripe.account.money_arrives(reference)))).status_code

    assert (["pending"], ["captured"]) == (on_its_way, await desk.payments(order_id))
    assert S.FINALIZING == await desk.state(order_id)


async def test_money_that_does_not_arrive_fails_the_payment(desk: Desk, stripe: StripeStandIn):
    order_id, reference = await desk.begun()
    stripe.account.pay_slowly(reference)

    assert (
        204 == (await desk.send(*stripe.signed(stripe.account.money_does_not_arrive(reference)))).status_code
    )

    assert (S.AWAITING_PAYMENT, ["failed"]) == (await desk.state(order_id), await desk.payments(order_id))


async def test_a_refund_on_its_way_is_settled_by_its_notice(desk: Desk, stripe: StripeStandIn):
    order_id, _ = await confirmed(desk)
    stripe.account.refunds_become = "pending"
    await cancel(desk, order_id)
    await send_refunds(desk)
    on_its_way = await states(desk, order_id)
    [reference] = stripe.account.refunds

    event = stripe.account.settle_refund(reference, "succeeded")
    assert event is not None
    await desk.send(*stripe.signed(event))

    assert (["submitted"], ["settled"]) == (on_its_way, await states(desk, order_id))
    assert ("refunded", 4500, "PLN") in await desk.ledger(order_id)


async def test_a_refund_that_fails_is_tried_again_until_the_money_is_back(desk: Desk, stripe: StripeStandIn):
    order_id, _ = await confirmed(desk)
    stripe.account.refunds_become = "failed"
    await cancel(desk, order_id)
    await only_round(desk)
    stripe.account.refunds_become = "succeeded"

    await send_refunds(desk)

    assert ["failed", "succeeded"] == [each["status"] for each in stripe.account.refunds.values()]
    attempts = [each["metadata"]["attempt"] for each in stripe.account.refunds.values()]
    assert (["1", "2"], ["settled"]) == (attempts, await states(desk, order_id))
    assert 1 == (await desk.ledger(order_id)).count(("refunded", 4500, "PLN"))


async def test_a_refund_a_bank_sends_back_later_is_made_once_more(desk: Desk, stripe: StripeStandIn):
    order_id, _ = await confirmed(desk)
    await cancel(desk, order_id)
    await send_refunds(desk)
    [first] = stripe.account.refunds

    event = stripe.account.settle_refund(first, "failed", reason="expired_or_canceled_card")
    assert event is not None
    assert 204 == (await desk.send(*stripe.signed(event))).status_code
    await send_refunds(desk)

    assert ["failed", "succeeded"] == [each["status"] for each in stripe.account.refunds.values()]
    assert ["settled"] == await states(desk, order_id)
    assert [("captured", 4500, "PLN"), ("refunded", 4500, "PLN")] == await desk.ledger(order_id)


async def test_a_refund_done_while_stripe_failed_is_not_made_twice(desk: Desk, stripe: StripeStandIn):
    order_id, _ = await confirmed(desk)
    await cancel(desk, order_id)
    stripe.faults.fail(OUT_OF_ORDER, done=True)

    await send_refunds(desk)

    assert (1, ["settled"]) == (len(stripe.account.refunds), await states(desk, order_id))


async def test_another_amount_goes_back_whole(desk: Desk, stripe: StripeStandIn):
    order_id, reference = await desk.begun()
    await desk.world.pay_another("currency", reference)
    await desk.send(*await desk.world.notice("paid", reference))

    await send_refunds(desk)

    [refund] = stripe.account.refunds.values()
    assert (4500, "eur", "succeeded") == (refund["amount"], refund["currency"], refund["status"])
    assert [("captured", 4500, "EUR"), ("refunded", 4500, "EUR")] == await desk.ledger(order_id)


async def states(desk: Desk, order_id: uuid.UUID) -> list[str]:
    """Of the order's refunds."""
    return [refund[-1] for refund in await desk.refunds(order_id)]


async def only_round(desk: Desk) -> Any:
    """The job asks once: what fails is not due again before the next round."""
    settings = desk.app.state.settings.model_copy(update=QUICK | {"refund_retry_s": 5.0})
    await SendRefunds(desk.db, settings, desk.app.state.payment_provider).run()
    due_now = "UPDATE orders.refunds SET next_attempt_at = created_at WHERE state = 'pending' RETURNING 1"
    return await desk.scene.rows(due_now)
