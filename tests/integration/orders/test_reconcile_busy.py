"""While everybody holds, pays and cancels at once, a comparison of the books finds nothing: what is on its
way is no difference. Reservation and orders are real; the provider is a model, the post is the test's.
"""

import asyncio
from random import Random
from typing import Any

import pytest
from integration.orders.books import compare_sale

from orders.domain.findings import Finding
from support.money.provider import SIGNED, ModelProvider
from support.money.story import MoneyStage
from support.plans import small_plan
from support.sale.order_rules import attendee
from support.waiting import wait_until

BUYERS, ROUNDS, ROWS, SEATS = 6, 4, 4, 8
COMPARISONS_MIN = 5
SETTLE_S = 10


@pytest.fixture
def stage(money_stage: MoneyStage) -> MoneyStage:
    # Others' transactions are open whenever somebody asks the provider.
    money_stage.provider.transactions_open = lambda: 0
    return money_stage


async def test_a_busy_system_shows_no_difference(stage: MoneyStage) -> None:
    event_id = await stage.sale.publish_event(plan=small_plan(rows=ROWS, seats=SEATS))
    over, comparisons = asyncio.Event(), list[list[Finding]]()

    async with asyncio.TaskGroup() as helpers:
        helpers.create_task(_deliver_until(over, stage))
        helpers.create_task(_run_jobs_until(over, stage))
        helpers.create_task(_compare_until(over, stage, comparisons))
        try:
            buyers = [Buyer(stage, event_id, number) for number in range(BUYERS)]
            await asyncio.gather(*(buyer.buy_and_regret() for buyer in buyers))
            await wait_until(lambda: len(comparisons) >= COMPARISONS_MIN, what="some comparisons")
        finally:
            over.set()

    assert [found for found in comparisons if found] == []
    assert sum(buyer.paid for buyer in buyers) > BUYERS, "nobody was busy"
    assert sum(buyer.cancelled for buyer in buyers) > 1, "nobody changed their mind"
    await _come_to_rest(stage)
    assert await compare_sale(stage, settle_s=-1) == []


class Buyer:
    def __init__(self, stage: MoneyStage, event_id: str, number: int) -> None:
        self._sale, self._provider, self._event_id = stage.sale, stage.provider, event_id
        self._name, self._random = f"buyer-{number}", Random(number)
        self.paid = self.cancelled = 0

    async def buy_and_regret(self) -> None:
        for _ in range(ROUNDS):
            if order_id := await self._order():
                await self._pay(order_id)
                await self._regret(order_id)

    async def _order(self) -> str | None:
        row = self._random.choice("ABCD"[:ROWS])
        seats = [f"{row}-{self._random.randint(1, SEATS)}"]
        hold = await self._ask(
            "reservation", "POST", "/holds", json={"event_id": self._event_id, "seat_ids": seats}
        )
        if not hold:
            return None
        order = await self._ask(
            "orders",
            "POST",
            "/orders",
            json={
                "hold_tokens": [hold["hold_token"]],
                "contact": {"email": "ada@example.org"},
                "attendees": [attendee(self._event_id, seat, ticket_type="adult") for seat in seats],
            },
        )
        return order["order_id"] if order else None

    async def _pay(self, order_id: str) -> None:
        payment = await self._ask("orders", "POST", f"/orders/{order_id}/payments", json={})
        assert payment, "an order that was placed this moment can be paid"
        (there,) = [
            p for p in self._provider.payments.values() if str(p.now.payment_id) == payment["payment_id"]
        ]
        for _ in range(self._random.choice((1, 1, 1, 2))):
            self._provider.capture(there.now.reference, there.asked)
        self.paid += 1
        if self._random.random() < 0.8:  # else the notice is lost
            await _tell(self._sale, self._provider)

    async def _regret(self, order_id: str) -> None:
        if self._random.random() < 0.5:
            await asyncio.sleep(self._random.random() / 5)

            async def is_cancelled() -> bool:  # refused while reservation is asked for the seats
                return bool(await self._ask("orders", "POST", f"/orders/{order_id}/cancellation"))

            await wait_until(is_cancelled, deadline_s=30, what="the order is cancelled")
            self.cancelled += 1

    async def _ask(self, service: str, method: str, path: str, **request: Any) -> dict[str, Any] | None:
        answer = await self._sale.ask(service, method, path, who=self._name, **request)
        assert answer.is_success or answer.status_code == 409, answer.text
        return answer.json() if answer.is_success else None


async def _tell(sale: Any, provider: ModelProvider) -> None:
    """Deliver the last notice that the provider sent."""
    body = provider.body_of(provider.sent[-1])
    answer = await sale.ask("orders", "POST", "/payment-notices/model", who="", headers=SIGNED, content=body)
    assert answer.status_code == 204, answer.text


async def _deliver_until(over: asyncio.Event, stage: MoneyStage) -> None:
    while not over.is_set():
        for letter in await stage.sale.post.collect():
            await stage.sale.post.deliver(letter)
        await asyncio.sleep(0.01)


async def _run_jobs_until(over: asyncio.Event, stage: MoneyStage) -> None:
    while not over.is_set():
        for job in ("send_refunds", "look_after_payments"):
            await stage.sale.run_job("orders", job)
        await asyncio.sleep(0.05)


async def _compare_until(over: asyncio.Event, stage: MoneyStage, found: list[list[Finding]]) -> None:
    while not over.is_set():
        found.append(await compare_sale(stage, settle_s=SETTLE_S))
        await asyncio.sleep(0)


async def _come_to_rest(stage: MoneyStage) -> None:
    """Time passes: payments nobody told of are asked for, and all that follows is done."""
    await stage.sale.execute(
        "orders", "UPDATE orders.payments SET look_at = clock_timestamp() WHERE look_at IS NOT NULL"
    )
    for _ in range(6):
        for job in ("look_after_payments", "send_refunds"):
            await stage.sale.run_job("orders", job)
        for letter in await stage.sale.post.collect():
            await stage.sale.post.deliver(letter)
