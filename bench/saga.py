"""From captured payment to tickets: buyers hold, order and pay at a steady rate, all through the gateway.

They pay on the payment sandbox's page, which sends its signed notice through the gateway, as a provider
would. `saga_steps` says when each step was committed.
"""

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from bench import database, saga_steps, stadium
from bench.http_connection import HttpConnection
from bench.ladder import Stage
from bench.paced import run_paced
from bench.processes import CpuMeter

_CONNECTIONS = 64
_OPENING_CONNECTIONS = 4
_WARM_UP_S = 3
_SETTLED_S_MAX = 60
_SHARE_MIN = 0.01
_CARD = "4242424242424242"
_PAID = HTTPStatus.SEE_OTHER
"""The sandbox took the card and leads back to the shop."""


class PagesNotOpened(Exception):
    """Some orders could not be placed, or their payment pages not opened; the statuses are the message."""


def measure(
    stage: Stage, *, orders_per_s: float, tokens: Sequence[str], seconds: float, opened_before: bool
) -> dict[str, Any]:
    """Have `orders_per_s` orders paid each second; wait until all are confirmed.

    With `opened_before` the orders are there and their payment pages open when it begins, so that the rate is
    of payments; otherwise each buyer holds, orders and pays, all at that rate.
    """
    admin_url = stage.system.admin_url
    database.reset(admin_url)
    pairs = stage.load.seats_file.read_text().splitlines()
    # What was sold stays sold, so the one measurement begins where the other does not come.
    first = 0 if opened_before else len(pairs) // 2
    buyers = _Buyers(pairs=pairs[first:], tokens=tokens)
    if opened_before:
        _open_pages(buyers, stage.system.url, orders=int(orders_per_s * (_WARM_UP_S + seconds)))
    meter = CpuMeter({name: [pid] for name, pid in stage.system.pids().items()}, children="commands")
    for duration_s in (_WARM_UP_S, seconds):
        saga_steps.watch(admin_url)
        with meter.measuring():
            began_s = time.process_time()
            result = asyncio.run(
                run_paced(
                    url=stage.system.url,
                    work=buyers.pay_next if opened_before else buyers.buy_next,
                    rate_per_s=orders_per_s,
                    seconds=duration_s,
                    connections=_CONNECTIONS,
                )
            )
            load_cores = (time.process_time() - began_s) / duration_s
            _settle(admin_url, orders=result.statuses[_PAID])
    return {
        "orders_per_s": orders_per_s,
        "paid": result.statuses[_PAID],
        "confirmed": saga_steps.confirmed(admin_url),
        **saga_steps.figures(admin_url, sandbox=stage.system.home.payment_sandbox / "sandbox.sqlite3"),
        "payment" if opened_before else "journey": result.figures(),
        "cores_busy": _busiest({"load": round(load_cores, 2)} | meter.cores),
    }


def _open_pages(buyers: "_Buyers", url: str, *, orders: int) -> None:
    """As fast as a few buyers can, one after the other."""
    at_once_per_s = 10_000.0
    opening = run_paced(
        url=url,
        work=buyers.open_next,
        rate_per_s=at_once_per_s,
        seconds=orders / at_once_per_s,
        connections=_OPENING_CONNECTIONS,
    )
    result = asyncio.run(opening)
    if set(result.statuses) != {HTTPStatus.CREATED}:
        raise PagesNotOpened(dict(result.statuses))


class _Buyers:
    """Each takes a pair of seats of their own, one after the other."""

    def __init__(self, *, pairs: Sequence[str], tokens: Sequence[str]) -> None:
        self._orders = zip(pairs, itertools.cycle(tokens))
        self._pages: deque[str] = deque()

    async def buy_next(self, shop: HttpConnection, _number: int) -> int:
        """The status of the last answer: the first that was no success, or that of the payment page."""
        status, page_url = await self._open(shop)
        return status if page_url is None else await _pay(page_url)

    async def open_next(self, shop: HttpConnection, _number: int) -> int:
        """Place the next order and open its payment page, for `pay_next`."""
        status, page_url = await self._open(shop)
        if page_url is not None:
            self._pages.append(page_url)
        return status

    async def pay_next(self, _shop: HttpConnection, _number: int) -> int:
        """Pay on the page that was opened first."""
        return await _pay(self._pages.popleft())

    async def _open(self, shop: HttpConnection) -> tuple[int, str | None]:
        pair, token = next(self._orders)
        event_id, *seat_ids = pair.split()
        status, hold = await shop.post(
            "/api/v1/holds", token=token, body={"event_id": event_id, "seat_ids": seat_ids}
        )
        if status != HTTPStatus.CREATED:
            return status, None
        hold_token = json.loads(hold)["hold_token"]
        status, order = await shop.post("/api/v1/orders", token=token, body=_order(hold_token, seat_ids))
        if status != HTTPStatus.CREATED:
            return status, None
        order_id = json.loads(order)["order_id"]
        status, payment = await shop.post(f"/api/v1/orders/{order_id}/payments", token=token, body={})
        return status, json.loads(payment)["page_url"] if status == HTTPStatus.CREATED else None


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
