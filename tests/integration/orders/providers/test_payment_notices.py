"""True notices at their route, of every provider: each counts once, and what does not fit has no effect but a record."""

import asyncio
import json
from datetime import timedelta
from unittest.mock import patch
from uuid import UUID

import pytest
from integration.orders.conftest import problem
from integration.orders.providers.desk import Desk
from integration.orders.providers.worlds import ANOTHER, KNOWN, World

from chassis.clock import utc_now
from chassis.ids import new_id
from orders.domain.order import Money
from orders.domain.states import OrderState as S
from orders.usecases import take_notice as taking


async def test_a_true_notice_of_money_finalizes_the_order(desk: Desk):
    order_id, reference = await desk.paid()

    answer = await desk.send(*await desk.world.notice("paid", reference))

    assert (204, b"") == (answer.status_code, answer.content)
    assert (S.FINALIZING, ["captured"]) == (await desk.state(order_id), await desk.payments(order_id))
    assert [("captured", 4500, "PLN")] == await desk.ledger(order_id)
    assert ["taken"] == [verdict for _, verdict in await desk.notices()]


async def test_a_notice_signed_anew_within_five_minutes_is_taken(desk: Desk):
    """So do providers when they deliver again."""
    order_id, reference = await desk.paid()
    _, body = await desk.world.notice("paid", reference)

    answer = await desk.send(*desk.world.signed(body, at=utc_now() - timedelta(seconds=290)))

    assert (204, S.FINALIZING) == (answer.status_code, await desk.state(order_id))


@pytest.mark.parametrize("secrets", [(ANOTHER, KNOWN), (KNOWN, ANOTHER)])
async def test_while_a_secret_is_changed_a_notice_is_signed_with_both_and_taken(
    desk: Desk, secrets: tuple[str, str]
):
    """Whichever of the two we have, and wherever it stands."""
    order_id, reference = await desk.paid()
    _, body = await desk.world.notice("paid", reference)

    answer = await desk.send(*desk.world.signed(body, at=utc_now(), secrets=secrets))

    assert (204, S.FINALIZING) == (answer.status_code, await desk.state(order_id))


async def test_a_replayed_notice_is_answered_and_has_no_effect(desk: Desk):
    order_id, reference = await desk.paid()
    notice = await desk.world.notice("paid", reference)

    with patch.object(taking, "take_in_payment", wraps=taking.take_in_payment) as take_in:
        answers = [(await desk.send(*notice)).status_code for _ in range(5)]

    # The ledger would not count the money twice either; it is not even asked.
    assert ([204] * 5, 1) == (answers, take_in.await_count)
    assert [("captured", 4500, "PLN")] == await desk.ledger(order_id)
    assert (1, 1) == (len(await desk.notices()), (await desk.scene.take_sent()).count("confirm_holds"))


async def test_a_notice_delivered_twenty_times_at_once_has_one_effect(desk: Desk):
    order_id, reference = await desk.paid()
    notice = await desk.world.notice("paid", reference)

    answers = await asyncio.gather(*(desk.send(*notice) for _ in range(20)))

    assert {204} == {answer.status_code for answer in answers}
    assert [("captured", 4500, "PLN")] == await desk.ledger(order_id)
    assert (1, 1) == (len(await desk.notices()), (await desk.scene.take_sent()).count("confirm_holds"))


# True, and yet not what was agreed


@pytest.mark.parametrize(("what", "arrived"), [("amount", (4400, "PLN")), ("currency", (4500, "EUR"))])
async def test_another_amount_or_currency_is_recorded_flagged_and_goes_back(
    desk: Desk, what: str, arrived: tuple[int, str]
):
    order_id, reference = await desk.begun()
    await desk.world.pay_another(what, reference)

    answer = await desk.send(*await desk.world.notice("paid", reference))

    assert (204, S.AWAITING_PAYMENT) == (answer.status_code, await desk.state(order_id))
    assert "confirm_holds" not in await desk.scene.take_sent()
    assert [("captured", *arrived)] == await desk.ledger(order_id)
    assert [("excess", f"{what}_differs", *arrived, "pending")] == await desk.refunds(order_id)
    flagged = "SELECT discrepancy FROM orders.payments WHERE order_id = :order_id"
    assert f"{what}_differs" == await desk.scene.scalar(flagged, order_id=order_id)


async def test_money_for_no_payment_of_ours_is_answered_404_and_written_down(desk: Desk):
    order_id, _ = await desk.begun()
    reference = await paid_elsewhere(desk.world)
    notice = await desk.world.notice("paid", reference)

    answers = [problem(await desk.send(*notice)) for _ in range(2)]

    assert [(404, "payment-unknown")] * 2 == answers
    assert ["unknown_payment"] == [verdict for _, verdict in await desk.notices()]
    assert (S.AWAITING_PAYMENT, []) == (await desk.state(order_id), await desk.ledger(order_id))
    assert 0 == await desk.scene.scalar("SELECT count(*) FROM orders.ledger_entries")


async def test_a_refund_of_nothing_of_ours_is_answered_404(desk: Desk):
    reference = await paid_elsewhere(desk.world)
    payment = await desk.world.provider.find_payment(reference=reference)
    assert payment is not None
    [capture] = payment.captures
    made = await desk.world.provider.refund(
        refund_id=new_id(), attempt=1, capture_reference=capture.reference, amount=capture.amount
    )

    answer = await desk.send(*await desk.world.notice("refunded", made.reference))

    assert (404, "payment-unknown") == problem(answer)


async def paid_elsewhere(world: World) -> str:
    """Somebody of the same account at the provider has another shop."""
    made = await world.provider.create_payment(
        payment_id=new_id(),
        order_id=UUID(int=2),
        amount=Money(amount_minor=4500, currency="PLN"),
        description="Not ours",
        expires_at=utc_now() + timedelta(minutes=10),
        return_url="https://elsewhere.example.org/",
    )
    await world.pay(made.reference)
    return made.reference


async def test_a_true_notice_about_something_else_has_no_effect(desk: Desk):
    order_id, _ = await desk.paid()
    body = json.dumps(
        {"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": {}}}
    ).encode()

    assert 204 == (await desk.send(*desk.world.signed(body, at=utc_now()))).status_code

    assert [("customer.created", "of_no_interest")] == await desk.notices()
    assert S.AWAITING_PAYMENT == await desk.state(order_id)


# Out of order


async def test_a_page_that_is_over_is_not_open_again_after_an_older_notice(desk: Desk):
    """Of a declined card, say, which comes after the notice that the page was closed."""
    order_id, reference = await desk.begun()
    await desk.world.provider.close_payment(reference=reference)
    over = await desk.world.notice("over", reference)

    assert [204, 204] == [(await desk.send(*over)).status_code for _ in range(2)]

    assert ["failed"] == await desk.payments(order_id)
    again = await desk.ada.post(f"/orders/{order_id}/payments")
    assert (201, True) == (again.status_code, again.json()["page_url"] is not None)


async def test_money_told_of_before_our_own_call_was_answered_is_taken(desk: Desk):
    """The provider is faster than its answer to us."""
    order_id, reference = await desk.paid()
    forget = (
        "UPDATE orders.payments SET reference = NULL, page_url = NULL WHERE order_id = :order_id RETURNING 1"
    )
    await desk.scene.rows(forget, order_id=order_id)

    answer = await desk.send(*await desk.world.notice("paid", reference))

    assert (204, S.FINALIZING) == (answer.status_code, await desk.state(order_id))
