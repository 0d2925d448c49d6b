"""From captured payment to tickets: holds, orders and recorded payments at a steady rate through the gateway.

Latency is read from the orders' own history (finalizing → confirmed), so watching does not slow the saga:
it spans two commits, the relay twice, RabbitMQ twice and reservation's consumer.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import psycopg

from bench import database, stadium
from bench.buyers import access_token
from bench.http_connection import HttpConnection
from bench.ladder import Stage
from bench.paced import run_paced
from bench.pgbench import percentile

_CONNECTIONS = 64
_SETTLED_S_MAX = 60
_LATENCIES = """
SELECT extract(epoch FROM confirmed.at - finalizing.at)::float8 * 1000 AS ms
  FROM orders.order_history finalizing
  JOIN orders.order_history confirmed USING (order_id)
 WHERE finalizing.state = 'finalizing' AND confirmed.state = 'confirmed'
 ORDER BY ms
"""


def measure(stage: Stage, *, orders_per_s: float, tokens: Sequence[str], seconds: float) -> dict[str, Any]:
    """Begin a paying buyer's journey `orders_per_s` times a second; wait until all orders are confirmed."""
    database.reset(stage.system.admin_url)
    operator = access_token(stage.system.token_key, subject="bench-operator", role="operator")
    pairs = stage.load.seats_file.read_text().splitlines()

    async def buy(connection: HttpConnection, number: int) -> int:
        return await _buy(connection, pairs[number], tokens[number % len(tokens)], operator)

    paced = run_paced(
        url=stage.system.url, work=buy, rate_per_s=orders_per_s, seconds=seconds, connections=_CONNECTIONS
    )
    result = asyncio.run(paced)
    return _figures(stage.system.admin_url, orders=result.statuses[HTTPStatus.CREATED]) | {
        "orders_per_s": orders_per_s,
        "last_answers": dict(result.statuses),
    }


async def _buy(connection: HttpConnection, pair: str, buyer: str, operator: str) -> int:
    event_id, *seat_ids = pair.split()
    status, answer = await connection.post(
        "/api/v1/holds", token=buyer, body={"event_id": event_id, "seat_ids": seat_ids}
    )
    if status != HTTPStatus.CREATED:
        return status
    status, answer = await connection.post(
        "/api/v1/orders", token=buyer, body=_order(json.loads(answer)["hold_token"], seat_ids)
    )
    if status != HTTPStatus.CREATED:
        return status
    order = json.loads(answer)
    payment = order["total"] | {"reference": f"bench-{order['order_id']}"}
    status, _ = await connection.post(
        f"/api/v1/orders/{order['order_id']}/recorded-payments", token=operator, body=payment
    )
    return status


def _order(hold_token: str, seat_ids: Sequence[str]) -> dict[str, Any]:
    return {
        "hold_tokens": [hold_token],
        "contact": {"email": "buyer@example.org"},
        "attendees": [
            {
                "seat_id": seat,
                "ticket_type": stadium.TICKET_TYPE,
                "first_name": "Ada",
                "last_name": "Lovelace",
            }
            for seat in seat_ids
        ],
    }


def _figures(admin_url: str, *, orders: int) -> dict[str, Any]:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        deadline = time.monotonic() + _SETTLED_S_MAX
        latencies: list[float] = []
        while len(latencies) < orders and time.monotonic() < deadline:
            time.sleep(0.2)
            latencies = [ms for (ms,) in connection.execute(_LATENCIES)]
    return {
        "paid": orders,
        "confirmed": len(latencies),
        "captured_to_confirmed_p50_ms": round(percentile(latencies, 50), 1),
        "captured_to_confirmed_p99_ms": round(percentile(latencies, 99), 1),
    }
