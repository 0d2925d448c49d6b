"""Containers die, PostgreSQL and RabbitMQ restart, a network is cut: the system heals by itself.

While it lasts requests may fail, and guests send them again. Whatever was answered with 2xx holds.
"""

import asyncio
from functools import partial

import pytest

from support.compose.promises import see_promises_kept
from support.services import SERVICES
from support.waiting import wait_until

DISTURBED_PER_S = 5.0
"""Purchases; those who wait for a part that is away are many at once."""
CUT_S = 30
RESTARTED_DEADLINE_S = 60


async def test_a_killed_container_of_each_kind_is_started_again(system, load, tell_figure):
    async with load.running(purchases_per_s=DISTURBED_PER_S):
        await load.see_purchases(5)
        for service in SERVICES:
            names = (f"{service}-api", f"{service}-worker")
            await asyncio.gather(*(_kill_one(system, name) for name in names))
            await system.see_healthy(*names)
        await _kill_one(system, "gateway")
        await system.see_healthy()
        await load.see_purchases(20)

    tell_figure(f"one of each kind killed: {await see_promises_kept(load)}")


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("reservation_api", "/api/v1/events/{}/availability"),
        ("orders_api", "/api/v1/organizer/events/{}/attendees"),
    ],
)
async def test_paths_of_a_service_without_a_container_say_ask_again_and_never_that_they_are_unknown(
    system, stage, service, path
):
    """Catalog has all paths around these: it must not answer in the other's place."""
    path = path.format(await stage.event())
    seen: list[int] = []

    async def look() -> bool:
        seen.append((await stage.gateway.get(path)).status_code)
        return seen[-1] == 503

    try:
        await asyncio.to_thread(partial(system.scale, **{service: 0}))
        await wait_until(look, poll_ms=100, what="503")
    finally:
        await asyncio.to_thread(partial(system.scale, **{service: 1}))
        await system.see_healthy()
    assert 404 not in seen, seen


async def test_postgresql_restarts_and_all_goes_on(system, load, tell_figure):
    async with load.running(purchases_per_s=DISTURBED_PER_S):
        await load.see_purchases(5)
        await _restart(system, "postgres")
        await system.see_healthy()
        await load.see_purchases(20)

    tell_figure(f"PostgreSQL restarted: {await see_promises_kept(load)}")


async def test_rabbitmq_restarts_and_no_request_fails(system, load, tell_figure):
    async with load.running(purchases_per_s=DISTURBED_PER_S):
        await load.see_purchases(5)
        await _restart(system, "rabbitmq")
        await system.see_healthy()
        await load.see_purchases(20)

    assert {} == load.trouble, "requests that failed, although none needs the broker"
    tell_figure(f"RabbitMQ restarted: {await see_promises_kept(load)}")


async def test_a_service_that_was_cut_off_for_a_while_is_back_by_itself(system, load, tell_figure):
    async with load.running(purchases_per_s=DISTURBED_PER_S):
        await load.see_purchases(5)
        with system.cut_off("orders-api", "orders-worker"):
            await load.go_on(s=CUT_S)
        assert load.trouble, "nobody noticed that orders was away: it was not"
        await system.see_healthy()
        await load.see_purchases(20)

    tell_figure(f"orders without a network for {CUT_S} s: {await see_promises_kept(load)}")


async def _kill_one(system, name: str) -> None:
    """Kill it and see it run again, as another process."""
    (container, *_) = system.project.containers(name)
    started_at = container.attrs["State"]["StartedAt"]
    await asyncio.to_thread(system.kill, container)

    def runs_again() -> bool:
        container.reload()
        state = container.attrs["State"]
        return state["Running"] and state["StartedAt"] != started_at

    async def look() -> bool:
        return await asyncio.to_thread(runs_again)

    await wait_until(look, deadline_s=RESTARTED_DEADLINE_S, poll_ms=100, what=f"{name} is started again")


async def _restart(system, name: str) -> None:
    (container,) = system.project.containers(name)
    await asyncio.to_thread(container.restart, timeout=RESTARTED_DEADLINE_S)
