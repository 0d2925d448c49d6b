"""From captured payment to tickets: buyers hold, order and pay at a steady rate, all through the gateway.

They pay on the payment sandbox's page, which sends its signed notice through the gateway, as a provider
would. `saga_steps` says when each step was committed.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from bench import database, saga_steps, stadium
from bench.http_connection import HttpConnection
from bench.ladder import Stage
from bench.paced import PacedResult, run_paced
from bench.processes import CpuMeter

_CONNECTIONS = 64
_WARM_UP_S = 3
_SETTLED_S_MAX = 60
_SHARE_MIN = 0.01
_CARD = "4242424242424242"
_PAID = HTTPStatus.SEE_OTHER
"""The sandbox took the card and leads back to the shop."""


def measure(stage: Stage, *, orders_per_s: float, tokens: Sequence[str], seconds: float) -> dict[str, Any]:
    """Begin a paying buyer's journey `orders_per_s` times a second; wait until all orders are confirmed."""
    database.reset(stage.system.admin_url)
    admin_url, pairs = stage.system.admin_url, stage.load.seats_file.read_text().splitlines()
    warm_up = int(orders_per_s * _WARM_UP_S)
    meter = CpuMeter({name: [pid] for name, pid in stage.system.pids().items()}, children="commands")
    for first, duration_s in ((0, _WARM_UP_S), (warm_up, seconds)):
        saga_steps.watch(admin_url)
        buyers = _Buyers(pairs=pairs[first:], tokens=tokens)
        with meter.measuring():
            began_s = time.process_time()
            result = asyncio.run(buyers.come(stage.system.url, orders_per_s, duration_s))
            load_cores = (time.process_time() - began_s) / duration_s
            _settle(admin_url, orders=result.statuses[_PAID])
    return {
        "orders_per_s": orders_per_s,
        "paid": result.statuses[_PAID],
        "confirmed": saga_steps.confirmed(admin_url),
        "last_answers": dict(result.statuses),
        **saga_steps.figures(admin_url, sandbox=stage.system.home.payment_sandbox / "sandbox.sqlite3"),
        "journey": result.figures(),
        "cores_busy": _busiest({"load": round(load_cores, 2)} | meter.cores),
    }


class _Buyers:
    """Each takes a pair of seats of their own, one after the other."""

    def __init__(self, *, pairs: Sequence[str], tokens: Sequence[str]) -> None:
        self._pairs = pairs
        self._tokens = tokens

    async def come(self, url: str, orders_per_s: float, seconds: float) -> PacedResult:
        return await run_paced(
            url=url, work=self._buy, rate_per_s=orders_per_s, seconds=seconds, connections=_CONNECTIONS
        )

    async def _buy(self, shop: HttpConnection, number: int) -> int:
        """The status of the last answer: the first that was no success, or that of the payment page."""
        event_id, *seat_ids = self._pairs[number].split()
        token = self._tokens[number % len(self._tokens)]
        status, hold = await shop.post(
            "/api/v1/holds", token=token, body={"event_id": event_id, "seat_ids": seat_ids}
        )
        if status != HTTPStatus.CREATED:
            return status
        hold_token = json.loads(hold)["hold_token"]
        status, order = await shop.post("/api/v1/orders", token=token, body=_order(hold_token, seat_ids))
        if status != HTTPStatus.CREATED:
            return status
        order_id = json.loads(order)["order_id"]
        status, payment = await shop.post(f"/api/v1/orders/{order_id}/payments", token=token, body={})
        if status != HTTPStatus.CREATED:
            return status
        return await _pay(json.loads(payment)["page_url"])


async def _pay(page_url: str) -> int:
    """On a connection of its own to the sandbox: each buyer has a browser of their own."""
    address = urlsplit(page_url)
    async with HttpConnection(host=address.hostname or "", port=address.port or 80) as page:
        status, _ = await page.submit(address.path, fields={"card": _CARD})
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


def _settle(admin_url: str, *, orders: int) -> None:
    deadline = time.monotonic() + _SETTLED_S_MAX
    while saga_steps.confirmed(admin_url) < orders and time.monotonic() < deadline:
        time.sleep(0.2)


def _busiest(cores: dict[str, float]) -> dict[str, float]:
    busy = {name: share for name, share in cores.items() if share >= _SHARE_MIN}
    return dict(sorted(busy.items(), key=lambda item: -item[1]))
