"""How long a hold takes when the gateway is half busy: the figure a buyer feels."""

import asyncio
from typing import Any

from bench import database
from bench.http_connection import HttpConnection
from bench.ladder import Stage
from bench.paced import PacedResult, run_paced

_CONNECTIONS = 64


def measure(stage: Stage, *, rate_per_s: float, tokens: list[str], seconds: float) -> dict[str, Any]:
    """Their latency as it is reported."""
    database.reset(stage.system.admin_url)
    return asyncio.run(paced_holds(stage, rate_per_s=rate_per_s, tokens=tokens, seconds=seconds)).figures()


async def paced_holds(stage: Stage, *, rate_per_s: float, tokens: list[str], seconds: float) -> PacedResult:
    """Paced two-seat holds through the gateway, spread over all seats."""
    pairs = stage.load.seats_file.read_text().splitlines()

    async def hold(connection: HttpConnection, number: int) -> int:
        event_id, one, other = pairs[number * 7919 % len(pairs)].split()
        body = {"event_id": event_id, "seat_ids": [one, other]}
        status, _ = await connection.post("/api/v1/holds", token=tokens[number % len(tokens)], body=body)
        return status

    return await run_paced(
        url=stage.system.url, work=hold, rate_per_s=rate_per_s, seconds=seconds, connections=_CONNECTIONS
    )
