"""Every service is replaced, one after the other, while people buy: no request fails and nothing is lost."""

import asyncio
import time

from support.compose.promises import see_promises_kept
from support.compose.system import PROCESSES
from support.services import SERVICES

REQUESTS_PER_S_MIN = 50


async def test_every_service_is_restarted_under_load_and_nobody_notices(system, load, tell_figure):
    before = _containers(system)
    told = []
    async with load.running():
        await load.see_purchases(10)
        for service in SERVICES:
            told.append(await _roll(system, load, service))  # noqa: PERF401 - each needs the load to go on
        await load.see_purchases(10)

    after = _containers(system)
    assert {name: len(ids) for name, ids in before.items()} == {name: len(ids) for name, ids in after.items()}
    assert {} == {name: ids & after[name] for name, ids in before.items() if ids & after[name]}, (
        "not replaced"
    )
    tell_figure(f"rolling restart: {', '.join(told)}; {await see_promises_kept(load)}")


async def _roll(system, load, service: str) -> str:
    """Replace the api and the worker of a service; how long it took, at which rate."""
    began_at, answered = time.monotonic(), load.answered.total()
    await asyncio.to_thread(system.roll, f"{service}-api", f"{service}-worker")
    took_s = time.monotonic() - began_at
    rate = (load.answered.total() - answered) / took_s
    assert {} == load.trouble, f"requests failed while {service} was replaced"
    assert rate >= REQUESTS_PER_S_MIN, f"only {rate:.0f} requests/s while {service} was replaced"
    return f"{service} {took_s:.0f} s at {rate:.0f} requests/s"


def _containers(system) -> dict[str, set[str]]:
    """The ids of the containers of each kind of process."""
    return {name: {str(one.id) for one in system.project.containers(name)} for name in PROCESSES}
