"""Buyers who pay at the sandbox, one after the other, while a test disturbs whom they deal with."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import httpx

from support.stage import sandbox as cards
from support.stage.buyer import Buyer, order_of, wish
from support.stage.organizer import PRICED, small_plan
from support.stage.patience import send_patiently
from support.stage.person import API, Json
from support.stage.stage import Stage
from support.waiting import wait_until

SETTLED_DEADLINE_S = 90
CARDS = (
    cards.SUCCEEDS,
    cards.SUCCEEDS,
    cards.CAPTURED_TWICE,
    cards.AMOUNT_DIFFERS,
    cards.REFUNDS_FAIL_FIRST,
    cards.CURRENCY_DIFFERS,
)
GIVES_NOTHING = {cards.AMOUNT_DIFFERS, cards.CURRENCY_DIFFERS}
"""Money that does not fit goes back, and its order waits for other money until its hold ends."""
CANCELLED_ONE_IN = 2


@dataclass
class Payers:
    """They hold a seat, order, pay with one card after the other, and half of them cancel."""

    stage: Stage
    event_id: str
    expected: dict[str, str] = field(default_factory=dict[str, str])
    """By order: how it must end."""
    retries: Counter[str] = field(default_factory=Counter[str])
    stopped: bool = False
    _numbers: "count[int]" = field(default_factory=count)

    async def keep_paying(self) -> None:
        """One after the other until `stopped`."""
        while not self.stopped:
            await self._purchase(next(self._numbers))

    async def _purchase(self, number: int) -> None:
        buyer, card = self.stage.buyer(), CARDS[number % len(CARDS)]
        wanted = wish(self.event_id, best=("Stalls", 1))
        hold = (await send_patiently(buyer, "/holds", wanted, retries=self.retries)).json()
        body = order_of(hold, ticket_type="adult")
        order = (await send_patiently(buyer, "/orders", body, retries=self.retries)).json()
        path = f"/orders/{order['order_id']}"
        payment = (await send_patiently(buyer, f"{path}/payments", {}, retries=self.retries)).json()
        await self.stage.sandbox.pay(payment, card=card)
        if card in GIVES_NOTHING:
            await self._see(buyer, order, "awaiting_payment", payment="refunded")
            await send_patiently(buyer, f"{path}/cancellation", retries=self.retries)
            self.expected[order["order_id"]] = "cancelled"
            return
        self.expected[order["order_id"]] = "confirmed"
        await self._see(buyer, order, "confirmed")
        if number // len(CARDS) % CANCELLED_ONE_IN == 0:
            await send_patiently(buyer, f"{path}/cancellation", retries=self.retries)
            self.expected[order["order_id"]] = "cancelled"

    async def _see(self, buyer: Buyer, order: Json, state: str, *, payment: str | None = None) -> None:
        """Look until it is so; a read that met a dying replica is asked again, as a client would."""

        async def look() -> bool:
            try:
                answer = await buyer.gateway.get(
                    f"{API}/orders/{order['order_id']}", headers={"Authorization": f"Bearer {buyer.token}"}
                )
            except httpx.TransportError:
                return False
            if not answer.is_success or answer.json()["state"] != state:
                return False
            return payment is None or payment in {each["state"] for each in answer.json()["payments"]}

        await wait_until(look, deadline_s=SETTLED_DEADLINE_S, poll_ms=100, what=f"the order is {state}")


async def open_payers(stage: Stage) -> Payers:
    """Payers for a new event with seats for all of them."""
    plan = small_plan(rows=30, seats_per_row=20, standing=0)
    plan_id = await stage.organizer.import_plan(plan)
    return Payers(stage, await stage.event(seating_plan_id=plan_id, categories=("Stalls",), prices=PRICED))


async def stop(payers: Payers, *paying: "asyncio.Task[None]") -> None:
    """Let each finish the purchase that is under way."""
    payers.stopped = True
    await asyncio.gather(*paying)
