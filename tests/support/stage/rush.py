"""Many buyers at once, each with a patient client; and what was promised to them."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from support.stage.buyer import SETTLED_DEADLINE_S, Buyer, order_of, wish
from support.stage.organizer import small_plan
from support.stage.patience import send_patiently
from support.stage.person import API, Json
from support.stage.stage import Stage
from support.waiting import wait_until

SEATS_PER_HOLD, SEATS_PER_ROW = 2, 20
CANCELLED_ONE_IN = 5


@dataclass
class Promises:
    """What was answered with 2xx: whoever was told so must find it so."""

    held: dict[str, list[str]] = field(default_factory=dict)
    ordered: dict[str, Buyer] = field(default_factory=dict)
    finalized: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    retries: Counter[str] = field(default_factory=Counter)
    """Why requests were sent again: the status, or the error of the connection."""


@dataclass
class Rush:
    """`purchases` hold, order and finalize seats of one free event; one in five cancels afterwards.

    Buyers pick two seats side by side wherever they like, so they often want the same, and then take
    the alternative they are offered.
    """

    stage: Stage
    event_id: str
    seats: list[str]
    purchases: int
    promises: Promises = field(default_factory=Promises)
    done: int = 0

    async def run(self, *, at_once: int) -> None:
        """All purchases, so many at a time."""
        numbers = iter(range(self.purchases))

        async def queue() -> None:
            for number in numbers:
                await self._purchase(cancels=number % CANCELLED_ONE_IN == 0)
                self.done += 1

        async with asyncio.TaskGroup() as queues:
            for _ in range(at_once):
                queues.create_task(queue())

    async def _purchase(self, *, cancels: bool) -> None:
        buyer = self.stage.buyer()
        hold = await self._hold(buyer)
        if hold is None:
            return
        order = (await self._send(buyer, "/orders", order_of(hold))).json()
        self.promises.ordered[order["order_id"]] = buyer
        await self._send(buyer, f"/orders/{order['order_id']}/finalization")
        self.promises.finalized.add(order["order_id"])
        if cancels:
            await self._see_confirmed(buyer, order)
            await self._send(buyer, f"/orders/{order['order_id']}/cancellation")
            self.promises.cancelled.add(order["order_id"])

    async def _see_confirmed(self, buyer: Buyer, order: Json) -> None:
        """Look until it is; a read that met a dying replica is asked again, as a client would."""

        async def look() -> bool:
            answer = await buyer.gateway.get(
                f"{API}/orders/{order['order_id']}", headers={"Authorization": f"Bearer {buyer.token}"}
            )
            return answer.is_success and answer.json()["state"] == "confirmed"

        await wait_until(look, deadline_s=SETTLED_DEADLINE_S, what="the order is confirmed")

    async def _hold(self, buyer: Buyer) -> Json | None:
        """Two seats, wherever there are two; None when nothing is offered any more."""
        wanted = self._two_seats()
        while wanted:
            answer = await self._send(buyer, "/holds", wish(self.event_id, *wanted), refusal="seats-taken")
            if answer.is_success:
                hold = answer.json()
                self.promises.held[hold["hold_id"]] = [seat["seat_id"] for seat in hold["seats"]]
                return hold
            alternative = answer.json()["alternative"]
            wanted = [seat["seat_id"] for seat in alternative["seats"]] if alternative else []
        return None

    def _two_seats(self) -> list[str]:
        first = random.randrange(len(self.seats) - 1)
        return self.seats[first : first + SEATS_PER_HOLD]

    async def _send(
        self, buyer: Buyer, path: str, body: Any = None, *, refusal: str | None = None
    ) -> httpx.Response:
        refusals = {refusal} if refusal else ()
        return await send_patiently(buyer, path, body, refusals=refusals, retries=self.promises.retries)


async def open_rush(stage: Stage, *, purchases: int) -> Rush:
    """A rush for a new event with a few seats less than its buyers want."""
    rows = max(1, purchases * SEATS_PER_HOLD * 9 // 10 // SEATS_PER_ROW)
    plan = small_plan(rows=rows, seats_per_row=SEATS_PER_ROW, standing=0)
    event_id = await stage.event(
        seating_plan_id=await stage.organizer.import_plan(plan), categories=("Stalls",)
    )
    seats = [f"Stalls-{row}-{seat}" for row in range(1, rows + 1) for seat in range(1, SEATS_PER_ROW + 1)]
    return Rush(stage, event_id, seats, purchases)
