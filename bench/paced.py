"""Open-loop load: work begins on a schedule, whether or not earlier work is done.

A closed loop slows down with the system and so hides its pauses (coordinated omission). Here the latency
runs from the moment the work was due, also when every connection was busy then.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from bench.http_connection import HttpConnection
from bench.pgbench import percentile

Work = Callable[[HttpConnection, int], Awaitable[int]]


@dataclass(kw_only=True)
class PacedResult:
    """Latencies in milliseconds of all work that was due, and the statuses it ended with."""

    rate_per_s: float
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @classmethod
    def together(cls, results: Sequence[Self]) -> Self:
        """Several runs at one rate as if they had been one."""
        return cls(
            rate_per_s=results[0].rate_per_s,
            latencies_ms=[latency for result in results for latency in result.latencies_ms],
            statuses=sum((result.statuses for result in results), Counter()),
        )

    def figures(self) -> dict[str, Any]:
        """As they stand in the report."""
        ordered = sorted(self.latencies_ms)
        return {
            "rate_per_s": round(self.rate_per_s, 1),
            "p50_ms": round(percentile(ordered, 50), 2),
            "p99_ms": round(percentile(ordered, 99), 2),
            "p99.9_ms": round(percentile(ordered, 99.9), 2),
            "answers": {str(status): count for status, count in sorted(self.statuses.items())},
        }


async def run_paced(
    *, url: str, work: Work, rate_per_s: float, seconds: float, connections: int
) -> PacedResult:
    """Begin `work(connection, n)` for n = 0, 1, … at `rate_per_s`; it gives the status it ended with."""
    result = PacedResult(rate_per_s=rate_per_s)
    due: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()
    workers = [asyncio.create_task(_work_off(url, work, due, result)) for _ in range(connections)]
    await _schedule(due, rate_per_s, seconds)
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    return result


async def _schedule(due: asyncio.Queue[tuple[int, float] | None], rate_per_s: float, seconds: float) -> None:
    began = time.perf_counter()
    for number in range(int(rate_per_s * seconds)):
        moment = began + number / rate_per_s
        if (ahead_s := moment - time.perf_counter()) > 0:
            await asyncio.sleep(ahead_s)
        due.put_nowait((number, moment))


async def _work_off(
    url: str, work: Work, due: asyncio.Queue[tuple[int, float] | None], result: PacedResult
) -> None:
    host, port = urlsplit(url).hostname, urlsplit(url).port
    async with HttpConnection(host=host or "", port=port or 80) as connection:
        while (item := await due.get()) is not None:
            number, moment = item
            result.statuses[await work(connection, number)] += 1
            result.latencies_ms.append((time.perf_counter() - moment) * 1000)
