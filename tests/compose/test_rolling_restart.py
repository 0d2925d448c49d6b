"""Every service is replaced, one after the other, while people buy: no request fails and nothing is lost.

ROWLOCK_TEST_REQUESTS_PER_S says how many requests must be answered meanwhile (50 unless set): a machine
that does much else may not get so far.
"""

import asyncio
import os
import time

from support.compose.promises import see_promises_kept
from support.compose.system import PROCESSES
from support.services import SERVICES

REQUESTS_PER_S_MIN = float(os.environ.get("ROWLOCK_TEST_REQUESTS_PER_S", "50"))


async def test_every_service_is_restarted_under_load_and_nobody_notices(system, load, tell_figure):
    before = _containers(system)
    told = []
    async with load.running():
        await load.see_purchases(10)
        began_at, answered = time.monotonic(), load.answered.total()
        for service in SERVICES:
            told.append(await _roll(system, load, service))  # noqa: PERF401 - each needs the load to go on
        await load.see_purchases(10)
        rate = (load.answered.total() - answered) / (time.monotonic() - began_at)

    after = _containers(system)
    assert {name: len(ids) for name, ids in before.items()} == {name: len(ids) for name, ids in after.items()}
    assert {} == {name: ids & after[name] for name, ids in before.items() if ids & after[name]}, (
        "not replaced"
    )
    assert {} == load.trouble, "requests that failed"
    tell_figure(
        f"rolling restart at {rate:.0f} requests/s: {', '.join(told)}; {await see_promises_kept(load)}"
    )
    assert rate >= REQUESTS_PER_S_MIN, "too little load to say anything"


async def _roll(system, load, service: str) -> str:
    """Replace the api and the worker of a service; how long it took."""
    began_at = time.monotonic()
    await asyncio.to_thread(system.roll, f"{service}-api", f"{service}-worker")
    assert {} == load.trouble, f"requests failed while {service} was replaced"
    return f"{service} {time.monotonic() - began_at:.0f} s"


def _containers(system) -> dict[str, set[str]]:
    """The ids of the containers of each kind of process."""
    return {name: {str(one.id) for one in system.project.containers(name)} for name in PROCESSES}
