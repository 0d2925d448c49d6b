"""A service is scaled up and down while people buy: nobody notices, and the new replicas really work."""

import asyncio
import time

from support.compose.promises import see_promises_kept
from support.compose.replicas import handled, served
from support.waiting import wait_until

APIS, WORKERS = 3, 2
TAKEN_DEADLINE_S = 30


async def test_replicas_come_and_go_under_load_and_no_request_fails(system, load, tell_figure):
    async with load.running():
        await asyncio.to_thread(system.scale, reservation_api=APIS, orders_worker=WORKERS)
        await system.see_healthy("reservation-api", "orders-worker")
        requests = await _see_requests_at_each(system)
        messages = await _see_messages_at_each(system)
        await asyncio.to_thread(system.scale, reservation_api=1, orders_worker=1)
        await load.see_purchases(20)

    assert {} == load.trouble, "requests that failed"
    assert (1, 1) == tuple(
        len(system.project.containers(name)) for name in ("reservation-api", "orders-worker")
    )
    tell_figure(f"scaled: requests {requests}, messages {messages}; {await see_promises_kept(load)}")


async def _see_requests_at_each(system) -> dict[str, int]:
    """Every replica is given requests by the gateway, about as many as the others."""
    since = time.time()

    async def taken() -> dict[str, int] | None:
        counts = await asyncio.to_thread(served, system.project, "reservation-api", since=since)
        return counts if len(counts) == APIS and min(counts.values()) >= 20 else None

    return await wait_until(
        taken, deadline_s=TAKEN_DEADLINE_S, poll_ms=500, what="each replica is given requests"
    )


async def _see_messages_at_each(system) -> dict[str, int]:
    async def taken() -> dict[str, int] | None:
        counts = await asyncio.to_thread(handled, system.project, "orders-worker")
        return counts if len(counts) == WORKERS and min(counts.values()) > 0 else None

    return await wait_until(
        taken, deadline_s=TAKEN_DEADLINE_S, poll_ms=500, what="each worker handles messages"
    )
