"""Guests who come at an even pace, whatever the system does, and what they were promised."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from support.stage.account import AccountHolder
from support.stage.buyer import Buyer, order_of, wish
from support.stage.guest import Guest
from support.stage.organizer import PRICED, small_plan
from support.stage.patience import PATIENCE_S, is_of_the_gateway, send_patiently
from support.stage.person import API, Json
from support.stage.stage import Stage
from support.waiting import wait_until

SEATS_PER_HOLD, ROWS, SEATS_PER_ROW = 2, 120, 20
PURCHASES_PER_S = 7.0
"""Each purchase is at least eight requests, so 56 and more a second."""
PAID_ONE_IN, CANCELLED_ONE_IN, LOGS_IN_ONE_IN = 8, 10, 20
SETTLED_DEADLINE_S = 90
CONNECTIONS_MAX = 400
PAUSE_MS = 1000
"""Before a request is sent again: while a part is away, hundreds of guests wait for it."""


@dataclass
class Show:
    """An event whose seats the guests want, two side by side anywhere in it."""

    event_id: str
    seats: list[str]
    ticket_type: str


@dataclass
class Load:
    """Each guest browses, holds two seats, orders, finalizes or pays, and looks; some cancel.

    Nobody waits for the guests before: a system that stalls gets the same number of them. A request that
    fails is sent again under its key, and counted in `trouble`.
    """

    stage: Stage
    free: Show
    priced: Show
    holder: AccountHolder
    gateway: httpx.AsyncClient
    trouble: Counter[str] = field(default_factory=Counter[str])
    """Why requests were sent again: the status, or the error of the connection."""
    answered: Counter[int] = field(default_factory=Counter[int])
    """How many answers had this status."""
    held: set[str] = field(default_factory=set[str])
    """Holds that a guest was told of."""
    promised: dict[str, str] = field(default_factory=dict[str, str])
    """By order that a guest was told of: how it must end."""
    finished: int = 0

    @property
    def events(self) -> tuple[str, str]:
        return self.free.event_id, self.priced.event_id

    @asynccontextmanager
    async def running(self, *, purchases_per_s: float = PURCHASES_PER_S) -> AsyncIterator[None]:
        """Within, guests come; at its end all of them have finished. Raises what surprised one of them."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as guests:
            coming = guests.create_task(self._come(guests, over, purchases_per_s))
            try:
                yield
            finally:
                over.set()
            await coming

    async def go_on(self, *, s: float) -> None:
        """Let guests come for so long."""
        ends_at = time.monotonic() + s
        await wait_until(lambda: time.monotonic() > ends_at, deadline_s=s + 5, poll_ms=100)

    async def see_purchases(self, number: int) -> None:
        """Wait until so many more have gone all the way."""
        wanted = self.finished + number
        await wait_until(lambda: self.finished >= wanted, deadline_s=PATIENCE_S, what=f"{number} purchases")

    async def _come(self, guests: asyncio.TaskGroup, over: asyncio.Event, purchases_per_s: float) -> None:
        began_at = time.monotonic()
        for number in itertools.count():
            pause_s = began_at + number / purchases_per_s - time.monotonic()
            if await _set_within(over, pause_s):
                return
            guests.create_task(self._purchase(number))

    async def _purchase(self, number: int) -> None:
        show = self.priced if number % PAID_ONE_IN == 0 else self.free
        guest = Guest(gateway=self.gateway)
        await self._look(guest, "/events?limit=5")
        await self._look(guest, f"/events/{show.event_id}")
        await self._look(guest, f"/events/{show.event_id}/availability")
        await self._visit_account(number)
        hold = await self._hold(guest, show)
        if hold is None:
            return
        body = order_of(hold, ticket_type=show.ticket_type)
        order = (await self._send(guest, "/orders", body)).json()
        guest, path = guest.owning(order), f"/orders/{order['order_id']}"
        self.promised[order["order_id"]] = "awaiting_payment"
        if show is self.priced:
            payment = (await self._send(guest, f"{path}/payments", {})).json()
            await self.stage.sandbox.pay(payment)
        else:
            await self._send(guest, f"{path}/finalization")
        self.promised[order["order_id"]] = "confirmed"
        await self._see(guest, path, "confirmed")
        if number % CANCELLED_ONE_IN == CANCELLED_ONE_IN - 1:
            await self._send(guest, f"{path}/cancellation")
            self.promised[order["order_id"]] = "cancelled"
        self.finished += 1

    async def _visit_account(self, number: int) -> None:
        await self._look(self.holder, "/accounts/me")
        if number % LOGS_IN_ONE_IN == 0:
            body = {"email": self.holder.email, "password": self.holder.password}
            await self._send(Guest(gateway=self.gateway), "/sessions", body)

    async def _hold(self, guest: Guest, show: Show) -> Json | None:
        """Two seats, wherever there are two; None when nothing is offered any more."""
        first = random.randrange(len(show.seats) - 1)
        wanted = show.seats[first : first + SEATS_PER_HOLD]
        while wanted:
            body = wish(show.event_id, *wanted)
            answer = await self._send(guest, "/holds", body, "seats-taken")
            if answer.is_success:
                self.held.add(answer.json()["hold_id"])
                return answer.json()
            alternative = answer.json()["alternative"]
            wanted = [seat["seat_id"] for seat in alternative["seats"]] if alternative else []
        return None

    async def _see(self, guest: Guest, path: str, state: str) -> None:
        """Look now and then until the order is in this state."""

        async def look() -> bool:
            return (await self._look(guest, path)).json()["state"] == state

        await wait_until(look, deadline_s=SETTLED_DEADLINE_S, poll_ms=250, what=f"{path} is {state}")

    async def _look(self, person: Buyer, path: str) -> httpx.Response:
        """GET until there is a good answer."""

        async def look() -> httpx.Response | None:
            try:
                answer = await self.gateway.get(API + path, headers=person._headers(None))
            except httpx.TransportError as error:
                self.trouble[type(error).__name__] += 1
                return None
            if answer.is_server_error or is_of_the_gateway(answer):
                self.trouble[str(answer.status_code)] += 1
                return None
            return answer

        answer = await wait_until(look, deadline_s=PATIENCE_S, poll_ms=PAUSE_MS, what=f"{path} is answered")
        assert answer.is_success, f"GET {path} gave {answer.status_code}: {answer.text}"
        return answer

    async def _send(self, person: Buyer, path: str, body: Any = None, *refusals: str) -> httpx.Response:
        return await send_patiently(
            person, path, body, refusals=refusals, retries=self.trouble, pause_ms=PAUSE_MS
        )


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    if seconds <= 0:
        await asyncio.sleep(0)
        return event.is_set()
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


@asynccontextmanager
async def open_load(stage: Stage) -> AsyncIterator[Load]:
    """Guests for two new events, one of them priced; each has been bought once, so orders knows it."""
    plan_id = await stage.organizer.import_plan(
        small_plan(rows=ROWS, seats_per_row=SEATS_PER_ROW, standing=0)
    )
    seats = [f"Stalls-{row}-{seat}" for row in range(1, ROWS + 1) for seat in range(1, SEATS_PER_ROW + 1)]
    limits = httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX)
    free_id, priced_id = await asyncio.gather(
        stage.event(seating_plan_id=plan_id, categories=("Stalls",)),
        stage.event(seating_plan_id=plan_id, categories=("Stalls",), prices=PRICED),
    )
    answered = Counter[int]()

    async def count(answer: httpx.Response) -> None:
        answered[answer.status_code] += 1

    async with httpx.AsyncClient(
        base_url=stage.system.url,
        trust_env=False,
        timeout=30,
        limits=limits,
        event_hooks={"response": [count]},
    ) as gateway:
        load = Load(
            stage=stage,
            free=Show(free_id, seats, "visitor"),
            priced=Show(priced_id, seats, "adult"),
            holder=await stage.register(),
            gateway=gateway,
            answered=answered,
        )
        await _buy_first(load)
        yield load


async def _buy_first(load: Load) -> None:
    """Orders may hear of a new event a moment after its seats are on sale: until then it says so with 503."""
    guest = Guest(gateway=load.stage.gateway)
    for show in (load.free, load.priced):
        order = await guest.order(
            await guest.hold(show.event_id, best=("Stalls", 1)), ticket_type=show.ticket_type
        )
        await guest.owning(order).cancel(order)
