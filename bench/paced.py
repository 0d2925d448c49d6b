"""Open-loop load: requests leave on a schedule, whether or not earlier ones were answered.

A closed loop slows down with the system and so hides its pauses (coordinated omission). Here a request's
latency runs from the moment it was due, also when every connection was busy then.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.pgbench import percentile


@dataclass(kw_only=True)
class PacedResult:
    """Latencies in milliseconds of every request that was due; answers counted by status."""

    seconds: float
    latencies_ms: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def percentile_ms(self, percent: float) -> float:
        return round(percentile(sorted(self.latencies_ms), percent), 2)


async def run_paced(
    *,
    host: str,
    port: int,
    request: Callable[[int], bytes],
    rate_per_s: float,
    seconds: float,
    connections: int,
) -> PacedResult:
    """Send `request(n)` for n = 0, 1, … at `rate_per_s`, over at most `connections` keep-alive connections."""
    result = PacedResult(seconds=seconds)
    due: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()
    senders = [asyncio.create_task(_send_due(host, port, request, due, result)) for _ in range(connections)]
    await _schedule(due, rate_per_s, seconds)
    for _ in senders:
        due.put_nowait(None)
    await asyncio.gather(*senders)
    return result


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    """One request and its answer (status, body) on a keep-alive connection."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    return int(head[9:12]), await reader.readexactly(_content_length(head))


async def _schedule(due: asyncio.Queue[tuple[int, float] | None], rate_per_s: float, seconds: float) -> None:
    started = time.perf_counter()
    for number in range(int(rate_per_s * seconds)):
        moment = started + number / rate_per_s
        if (ahead := moment - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        due.put_nowait((number, moment))


async def _send_due(
    host: str,
    port: int,
    request: Callable[[int], bytes],
    due: asyncio.Queue[tuple[int, float] | None],
    result: PacedResult,
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while (item := await due.get()) is not None:
        number, moment = item
        status, _ = await exchange(reader, writer, request(number))
        result.latencies_ms.append((time.perf_counter() - moment) * 1000)
        result.statuses[status] = result.statuses.get(status, 0) + 1
    writer.close()


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length: ")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0
