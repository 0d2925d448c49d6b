"""What keeps a process from being ready, found in time whatever hangs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

Check = Callable[[], Awaitable[object]]

CHECK_TIMEOUT_S = 2.0


async def failing_checks(checks: Mapping[str, Check]) -> list[str]:
    """Names of the checks that raise or take longer than CHECK_TIMEOUT_S."""
    results = await asyncio.gather(*(_passes(check) for check in checks.values()))
    return [name for name, passes in zip(checks, results, strict=True) if not passes]


async def _passes(check: Check) -> bool:
    """A check that is late is told to end and not waited for: psycopg, cancelled, asks the server to cancel,
    which a server that has fallen silent does not answer.
    """
    checking = asyncio.ensure_future(_run(check))
    done, _ = await asyncio.wait({checking}, timeout=CHECK_TIMEOUT_S)
    if done:
        return checking.result()
    checking.cancel()
    return False


async def _run(check: Check) -> bool:
    with suppress(Exception):  # any failure at all means not ready
        await check()
        return True
    return False
