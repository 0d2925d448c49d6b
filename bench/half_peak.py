"""How long a hold takes when the gateway is half busy: the figure a buyer feels."""

import asyncio
from typing import Any

from bench import database
from bench.http_connection import HttpConnection
from bench.ladder import Stage
from bench.paced import run_paced

_CONNECTIONS = 64


def measure(stage: Stage, *, rate_per_s: float, tokens: list[str], seconds: float) -> dict[str, Any]:
    """Paced two-seat holds through the gateway, spread over all seats."""
    database.reset(stage.system.admin_url)
    pairs = stage.load.seats_file.read_text().splitlines()

    async def hold(connection: HttpConnection, number: int) -> int:
        event_id, one, other = pairs[number * 7919 % len(pairs)].split()
        body = {"event_id": event_id, "seat_ids": [one, other]}
        status, _ = await connection.post("/api/v1/holds", token=tokens[number % len(tokens)], body=body)
        return status

    paced = run_paced(
        url=stage.system.url, work=hold, rate_per_s=rate_per_s, seconds=seconds, connections=_CONNECTIONS
    )
    return asyncio.run(paced).figures()
