"""Clicks at the same instant: whatever was cancelled how often, it is refunded once."""

import asyncio
from typing import Any

import pytest
from integration.orders.money import FEE_MINOR, PRICE_MINOR, REFUND_MINOR, SEATS, MoneyScene, policy

from orders.domain.states import OrderState as S


async def test_two_clicks_at_the_same_instant_refund_once(money: MoneyScene) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    one = paid.ticket_ids[0]

    answers = await money.scene.queue_for(
        paid.order_id, *[lambda: money.cancel_tickets(paid.order_id, one)] * 2
    )

    assert answers == [S.CONFIRMED, S.CONFIRMED]
    assert await money.refunds(paid.order_id) == [("ticket", REFUND_MINOR, "pending")]
    assert await money.left_over(paid.order_id) == 0


async def test_clicks_on_the_order_and_on_its_tickets_at_once_refund_each_ticket_once(
    money: MoneyScene,
) -> None:
    for _ in range(10):
        paid = await money.paid(seats=SEATS, refund_policy=policy())

        await asyncio.gather(
            money.scene.cancel(paid.order_id),
            *(money.cancel_tickets(paid.order_id, ticket_id) for ticket_id in paid.ticket_ids),
            money.scene.cancel(paid.order_id),
        )

        refunds = await money.refunds(paid.order_id)
        assert sum(amount for _, amount, _ in refunds) == 3 * REFUND_MINOR
        assert sum(await money.fees(paid.order_id)) == 3 * FEE_MINOR
        assert await money.left_over(paid.order_id) == 0
        assert await money.scene.tickets(paid.order_id) == ["voided"] * 3


@pytest.mark.parametrize("way", ["cancellation", "cancelled-tickets"])
async def test_requests_at_the_same_instant_refund_once_though_each_has_a_key_of_its_own(
    money: MoneyScene, ada: Any, way: str
) -> None:
    paid = await money.paid(seats=SEATS, refund_policy=policy())
    body = None if way == "cancellation" else {"ticket_ids": [str(paid.ticket_ids[0])]}
    given_back = 3 if way == "cancellation" else 1

    answers = await money.scene.queue_for(
        paid.order_id, *[lambda: ada.post(f"/orders/{paid.order_id}/{way}", body)] * 2
    )

    assert len({answer.status_code for answer in answers}) == 1
    assert [(amount, state) for _, amount, state in await money.refunds(paid.order_id)] == [
        (given_back * REFUND_MINOR, "pending")
    ]
    assert await money.fees(paid.order_id) == [given_back * FEE_MINOR]
    assert await money.left_over(paid.order_id) == 0


async def test_a_buyer_and_the_organizer_who_cancel_at_once_refund_once(money: MoneyScene) -> None:
    for _ in range(10):
        paid = await money.paid(seats=SEATS, refund_policy=policy())
        await money.scene.cancel_event(paid.event_id)

        await asyncio.gather(
            money.cancel_orders_of_events(),
            money.scene.cancel(paid.order_id),
            money.cancel_tickets(paid.order_id, paid.ticket_ids[0]),
            money.cancel_orders_of_events(),
        )
        await money.cancel_orders_of_events()

        refunds = await money.refunds(paid.order_id)
        assert sum(amount for _, amount, _ in refunds) == 3 * PRICE_MINOR
        assert (await money.fees(paid.order_id), await money.left_over(paid.order_id)) == ([], 0)
