"""What goes back when a buyer or an organizer cancels whole orders, and what is kept."""

from datetime import timedelta
from typing import Any

import pytest
from integration.orders.conftest import problem
from integration.orders.money import FEE_MINOR, PRICE_MINOR, REFUND_MINOR, SEATS, MoneyScene, pln, policy
from integration.orders.scene import Scene

from chassis.clock import utc_now
from orders.domain.states import OrderState as S


async def test_all_but_the_fee_goes_back_in_time(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())

    assert await money.scene.cancel(paid.order_id) == S.CANCELLING

    assert await money.refunds(paid.order_id) == [("order", 3 * REFUND_MINOR, "pending")]
    assert await money.fees(paid.order_id) == [3 * FEE_MINOR]
    assert await money.payment_states(paid.order_id) == ["captured"]
    assert await money.left_over(paid.order_id) == 0


async def test_later_a_part_goes_back_and_then_nothing(money: MoneyScene) -> None:
    paid = [await money.paid(refund_policy=policy()) for _ in range(2)]

    for order, days in zip(paid, (1, 2), strict=True):
        later = utc_now() + timedelta(days=days, seconds=1)
        await money.scene.cancel(order.order_id, now=later)

    part, nothing = [order.order_id for order in paid]
    assert await money.refunds(part) == [("order", REFUND_MINOR // 2, "pending")]
    assert await money.fees(part) == [PRICE_MINOR - REFUND_MINOR // 2]
    assert (await money.refunds(nothing), await money.fees(nothing)) == ([], [PRICE_MINOR])
    assert await money.payment_states(nothing) == ["captured"]
    assert [await money.left_over(order_id) for order_id in (part, nothing)] == [0, 0]


async def test_without_a_policy_everything_goes_back(money: MoneyScene) -> None:
    paid = await money.paid()
    await money.scene.cancel(paid.order_id)

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "pending")]
    assert (await money.fees(paid.order_id), await money.payment_states(paid.order_id)) == ([], ["refunding"])


async def test_each_ticket_is_refunded_by_the_policy_of_its_own_event(money: MoneyScene) -> None:
    strict = policy(full_until=None, part_until=None)
    events = [await money.scene.publish_event(refund_policy=terms) for terms in (strict, None)]
    paid = await money.paid_for(*events)

    await money.scene.cancel(paid.order_id)

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "pending")]
    assert await money.fees(paid.order_id) == [PRICE_MINOR]


async def test_when_the_organizer_cancels_everything_goes_back_the_fee_too(money: MoneyScene) -> None:
    paid = await money.paid(refund_policy=policy(full_until=None, part_until=None))
    await money.scene.cancel_event(paid.event_id)

    assert await money.cancel_orders_of_events() == 1

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "pending")]
    assert await money.fees(paid.order_id) == []


async def test_a_buyer_who_is_faster_than_the_job_loses_nothing_by_it(money: MoneyScene) -> None:
    paid = await money.paid(refund_policy=policy(full_until=None, part_until=None))
    await money.scene.cancel_event(paid.event_id)

    await money.scene.cancel(paid.order_id)

    assert await money.refunds(paid.order_id) == [("order", PRICE_MINOR, "pending")]


async def test_a_double_click_refunds_once(money: MoneyScene) -> None:
    paid = await money.paid(refund_policy=policy())

    states = [await money.scene.cancel(paid.order_id) for _ in range(2)]

    assert states == [S.CANCELLING, S.CANCELLING]
    assert await money.refunds(paid.order_id) == [("order", REFUND_MINOR, "pending")]
    assert await money.fees(paid.order_id) == [FEE_MINOR]


# What it would come to


async def test_the_terms_say_what_cancelling_would_come_to(money: MoneyScene, ada: Any) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())

    shown = (await ada.get(f"/orders/{paid.order_id}/cancellation-terms")).json()
    await money.cancel_tickets(paid.order_id, paid.ticket_ids[0])
    later = (await ada.get(f"/orders/{paid.order_id}/cancellation-terms")).json()

    assert (shown["refund"], shown["fee"]) == (pln(3 * REFUND_MINOR), pln(3 * FEE_MINOR))
    assert shown["tickets"] == [
        {"ticket_id": str(ticket_id), "refund": pln(REFUND_MINOR), "fee": pln(FEE_MINOR)}
        for ticket_id in paid.ticket_ids
    ]
    assert shown["holds_until"] < shown["cancellable_until"]
    assert later["refund"] == pln(2 * REFUND_MINOR)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (S.AWAITING_PAYMENT, (200, 0)),
        (S.FINALIZING, (409, "order-is-finalizing")),
        (S.CANCELLING, (200, 0)),
        (S.EXPIRED, (409, "order-is-over")),
        (S.REFUNDED, (409, "order-is-over")),
    ],
)
async def test_the_terms_are_refused_as_the_cancellation_would_be(
    scene: Scene, ada: Any, state: S, expected: tuple[int, Any]
) -> None:
    placed = await scene.order_in(state, paid=True)

    answer = await ada.get(f"/orders/{placed.order_id}/cancellation-terms")

    shown = answer.json()
    told = (200, shown["refund"]["amount_minor"]) if answer.status_code == 200 else problem(answer)
    assert told == expected
