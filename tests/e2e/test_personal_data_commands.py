"""Keys are rotated, people erased and attendees shredded while the system runs and people buy."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from support.canaries.people import new_pesel
from support.stage.account import new_email
from support.stage.guest import Guest
from support.stage.keeping import keys_in_use, keys_kept, sealing_services, traces
from support.stage.organizer import small_plan
from support.stage.person import Json, Person
from support.waiting import wait_until

ORDERS, BUYERS = 24, 4
KILLED_AFTER = 10
"""Rows; so few of them that many are left."""
FORGOTTEN_DEADLINE_S = 60


@dataclass(frozen=True)
class Bought:
    """A guest's order and what must be read in it for ever."""

    guest: Guest
    order: Json
    email: str
    last_name: str
    pesel: str

    async def see_it_whole(self) -> None:
        found = await self.guest.read_order(self.order)
        attendee = found["lines"][0]["attendee"]
        assert (self.email, self.last_name) == (found["contact"]["email"], attendee["last_name"])
        assert attendee["pesel"].endswith(self.pesel[-2:])
        assert self.pesel not in str(found)


@pytest.fixture
async def event_id(stage):
    """An event that asks for each attendee's PESEL, with room for many."""
    plan_id = await stage.organizer.import_plan(small_plan(standing=1000))
    return await stage.event(seating_plan_id=plan_id, pesel_required=True, tickets_per_person_max=2)


@pytest.mark.timeout(300)
async def test_keys_are_rotated_while_orders_are_read_and_written_though_killed_half_way(stage, event_id):
    system, bought = stage.system, [await buy(stage, event_id) for _ in range(ORDERS)]
    confirmed = bought[0]
    await confirmed.guest.finalize(confirmed.order)
    before = {service: keys_kept(system, service) for service in sealing_services(system)}
    async with busy(stage, event_id, bought):
        with rotating(system, "--service", "orders", "--batch-rows", "1") as rotation:
            await wait_until(
                lambda: resealed(system, before["orders"]) > KILLED_AFTER, deadline_s=60, what="half of it"
            )
            rotation.kill()
        assert keys_in_use(system, "orders").keys() & before["orders"], "something is left to do"
        told = await asyncio.to_thread(system.rowlock, "keys", "rotate", "--grace-s", "1")
        assert "orders: going on with the rotation" in told
        for each in bought:
            await each.see_it_whole()

    for service, old in before.items():
        assert 1 == len(keys_kept(system, service) - old), f"{service} has one new key"
        assert set() == keys_kept(system, service) & old, f"{service} has dropped the old ones"
        assert keys_in_use(system, service).keys() <= keys_kept(system, service), service
    (listed,) = await attendees(stage, event_id)
    assert confirmed.pesel == listed["attendee"]["pesel"]


async def test_an_account_is_erased_and_leaves_no_trace_but_what_bookkeeping_needs(stage, event_id):
    holder = await stage.register()
    account_id = (await holder.me())["account_id"]
    order = await holder.order(
        await holder.hold(event_id, areas={"floor": 1}),
        contact={"email": holder.email},
        pesels=[new_pesel()],
    )
    open_hold = await holder.hold(event_id, areas={"floor": 1})
    assert traces(stage.system, email=holder.email, account_id=account_id), (
        "so far there is something to find"
    )

    await holder.write("DELETE", "/accounts/me", expect=204)
    # The answer to this very request is kept for its repetition, and says nothing.
    await see_no_trace(stage, but="accounts.idempotency", email=holder.email, account_id=account_id)
    left = (await stage.operator.get(f"/orders/{order['order_id']}")).json()
    assert [None, [None]] == [left["contact"], [line["attendee"] for line in left["lines"]]]
    assert order["total"] == left["total"]
    nobody = Person(gateway=stage.gateway)
    await nobody.write("POST", "/sessions/refresh", {"refresh_token": holder.refresh_token}, expect=401)
    await nobody.write("POST", "/sessions", {"email": holder.email, "password": holder.password}, expect=401)
    assert "active" == (await stage.guest().holding(open_hold).read_hold(open_hold))["state"]

    newcomer = await stage.register(email=holder.email)
    assert account_id != (await newcomer.me())["account_id"]
    assert [] == (await newcomer.get("/orders")).json()["items"]


async def test_a_person_is_erased_at_an_operators_word_with_account_and_as_guest(stage, event_id):
    bought = await buy(stage, event_id)
    await bought.guest.cancel(bought.order)
    holder = await stage.register(email=bought.email)
    account_id = (await holder.me())["account_id"]

    told = await asyncio.to_thread(stage.system.rowlock, "erase", bought.email, "--yes")
    assert bought.email not in told
    await see_no_trace(stage, email=bought.email, account_id=account_id)
    await bought.guest.get(f"/orders/{bought.order['order_id']}", expect=404)
    again = await asyncio.to_thread(stage.system.rowlock, "erase", bought.email, "--yes")
    assert 0 < len(again), "it may be run again"


async def test_what_is_still_needed_is_kept_and_said_to_be_kept(stage, event_id):
    bought = await buy(stage, event_id)
    await bought.guest.finalize(bought.order)

    told = await asyncio.to_thread(stage.system.rowlock, "erase", bought.email, "--yes")
    assert f"orders kept  order {bought.order['order_id']}, sealed, until " in told
    await bought.see_it_whole()


async def test_attendees_are_shredded_when_their_event_is_long_over(stage, event_id):
    bought = await buy(stage, event_id)
    await bought.guest.finalize(bought.order)
    report = stage.system.rowlock("retention", "report")
    assert "0 due to be shredded" in report

    await stage.backstage.end_event(event_id, days_ago=31)

    async def shredded() -> bool:
        order = await bought.guest.read_order(bought.order)
        return [None] == [line["attendee"] for line in order["lines"]]

    await wait_until(shredded, deadline_s=FORGOTTEN_DEADLINE_S, what="the worker's job has shredded them")
    assert "0 due to be shredded" in stage.system.rowlock("retention", "report")
    assert bought.order["total"] == (await bought.guest.read_order(bought.order))["total"]
    assert [None] == [listed["attendee"] for listed in await attendees(stage, event_id)]


async def buy(stage, event_id: str) -> Bought:
    """A place for somebody new."""
    guest, email, pesel = stage.guest(), new_email(), new_pesel()
    person = {"first_name": "Jan", "last_name": f"Gość {pesel[:4]}"}
    hold = await guest.hold(event_id, areas={"floor": 1})
    order = await guest.order(hold, contact={"email": email}, person=person, pesels=[pesel])
    return Bought(guest.owning(order), order, email, person["last_name"], pesel)


@contextlib.asynccontextmanager
async def busy(stage, event_id: str, bought: list[Bought]):
    """Until the block ends people order, correct and read; each of their requests must succeed."""
    done, counts = asyncio.Event(), Counter[str]()

    async def go_on() -> None:
        while not done.is_set():
            mine = await buy(stage, event_id)
            line = mine.order["lines"][0]["line_id"]
            path = f"/orders/{mine.order['order_id']}/attendees/{line}"
            await mine.guest.write("PATCH", path, {"first_name": "Janina"}, expect=200)
            await mine.see_it_whole()
            await bought[counts["read"] % ORDERS].see_it_whole()
            bought.append(mine)
            counts["read"] += 1

    people = asyncio.gather(*(go_on() for _ in range(BUYERS)))
    try:
        yield
    finally:
        done.set()
        await people
    assert counts["read"] > 0


@contextlib.contextmanager
def rotating(system, *arguments: str):
    """`rowlock keys rotate` in a process of its own, ended with the block if it has not ended by itself."""
    with subprocess.Popen(
        (Path(sys.executable).with_name("rowlock"), "keys", "rotate", *arguments),
        env={**os.environ, **system.settings, "ROWLOCK_HOME": str(system.home.path)},
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def resealed(system, before: set[UUID]) -> int:
    """How many values of orders are under a key that was not there before."""
    return sum(count for key, count in keys_in_use(system, "orders").items() if key not in before)


async def see_no_trace(stage, *, but: str | None = None, **person: str) -> None:
    """Soon no table has anything of the person, nor has a dead letter."""
    left = ["not looked yet"]

    def nothing() -> bool:
        left[:] = [trace for trace in traces(stage.system, **person) if not but or not trace.startswith(but)]
        return not left

    with contextlib.suppress(AssertionError):
        await wait_until(nothing, deadline_s=FORGOTTEN_DEADLINE_S, poll_ms=500)
    assert [] == left
    letters = await stage.backstage.dead_letters()
    assert [] == [letter for letter in letters if person["account_id"] in letter.body]


async def attendees(stage, event_id: str) -> list[Json]:
    """The organizer's whole list."""
    found, cursor = list[Json](), None
    while True:
        query = {"limit": 100, **({"cursor": cursor} if cursor else {})}
        page = (await stage.organizer.get(f"/organizer/events/{event_id}/attendees", query=query)).json()
        found += page["items"]
        if not (cursor := page["next_cursor"]):
            return found
