"""Waiting for something to become true, with a deadline instead of a sleep."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

T = TypeVar("T")


async def wait_until(
    condition: Callable[[], T | Awaitable[T | None] | None],
    *,
    deadline_s: float = 10.0,
    poll_ms: int = 20,
    what: str = "",
) -> T:
    """Ask `condition` again and again until it gives something truthy; return that.

    Raises AssertionError with `what` and the last answer when `deadline_s` seconds have passed.
    """
    ends_at = time.monotonic() + deadline_s
    while True:
        answer = condition()
        value = cast("T | None", await answer if inspect.isawaitable(answer) else answer)
        if value:
            return value
        if time.monotonic() > ends_at:
            raise AssertionError(
                f"not within {deadline_s} s: {what or condition}; the last answer was {value!r}"
            )
        await asyncio.sleep(poll_ms / 1000)
