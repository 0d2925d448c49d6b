"""What the bench puts on sale: one stadium of 60,000 seats, and an event in it for every slice of the load.

Seats are called by numbers in plan order, so that pgbench, which knows only numbers, can name them too.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rowlock_demo.drawing.plan import Json, document
from rowlock_demo.gateway import Gateway

FIRST_SEAT = 100_000
SEATS_PER_ROW = 50
ROWS_PER_BLOCK = 24
CATEGORY = "Seat"
TICKET_TYPE = "adult"
_ON_SALE_S_MAX = 120.0


@dataclass(frozen=True, kw_only=True)
class OnSale:
    """The bench's events; `on_sale_after_s` is how long the last took from publication to being on sale."""

    event_ids: tuple[str, ...]
    on_sale_after_s: float


def draw(*, seats: int) -> Json:
    """The stadium's seating plan."""
    rows = [_row(first) for first in range(0, seats, SEATS_PER_ROW)]
    blocks = [rows[first : first + ROWS_PER_BLOCK] for first in range(0, len(rows), ROWS_PER_BLOCK)]
    zones = [
        {"name": f"Block {number}", "position": {"x": 0, "y": 30 * ROWS_PER_BLOCK * number}, "rows": block}
        for number, block in enumerate(blocks)
    ]
    size = (25 * SEATS_PER_ROW, 30 * len(rows))
    return document(name="Bench stadium", size=size, categories={CATEGORY: "#2f6db5"}, zones=zones)


def put_on_sale(gateway: Gateway, *, token: str, events: int, seats: int) -> OnSale:
    """Make and publish the events as an organizer would, and wait until their seats are on sale."""
    venue = _made(gateway, token, "/venues", _VENUE)
    plan = _made(gateway, token, "/seating-plans", draw(seats=seats))
    ids = {"venue_id": venue["venue_id"], "seating_plan_id": plan["seating_plan_id"]}
    event_ids = [
        _made(gateway, token, "/events", _event(number) | ids)["event_id"] for number in range(events)
    ]
    for event_id in event_ids:
        gateway.write("POST", f"/events/{event_id}/publication", expect=202, token=token)
    return OnSale(event_ids=tuple(event_ids), on_sale_after_s=_wait_until_on_sale(gateway, event_ids[-1]))


def pairs(event_ids: tuple[str, ...], *, seats: int) -> Iterator[str]:
    """Every pair of neighbours as a line of holds.lua: "event_id seat_id seat_id"."""
    for event_id in event_ids:
        for seat in range(FIRST_SEAT, FIRST_SEAT + seats, 2):
            yield f"{event_id} {seat} {seat + 1}"


_VENUE = {
    "name": "Bench stadium",
    "city": "Warszawa",
    "country": "PL",
    "address": "Wybrzeże 1",
    "time_zone": "Europe/Warsaw",
}


def _row(first: int) -> dict[str, Any]:
    number = first // SEATS_PER_ROW
    return {
        "row_number": str(number),
        "row_number_position": "both",
        "position": {"x": 0, "y": 30 * (number % ROWS_PER_BLOCK)},
        "seats": [_seat(first, place) for place in range(SEATS_PER_ROW)],
    }


def _seat(first: int, place: int) -> dict[str, Any]:
    at = {"x": 25 * place, "y": 0}
    return {
        "seat_guid": str(FIRST_SEAT + first + place),
        "seat_number": str(place + 1),
        "category": CATEGORY,
        "position": at,
    }


def _event(number: int) -> dict[str, Any]:
    now = datetime.now(UTC).replace(microsecond=0)
    starts_at = now + timedelta(days=30 + number)
    return {
        "title": f"Bench event {number}",
        "description": "Sold as fast as it goes.",
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        "sales_start_at": (now - timedelta(days=1)).isoformat(),
        "sales_end_at": starts_at.isoformat(),
        "currency": "PLN",
        "price_categories": [
            {"name": CATEGORY, "ticket_types": [{"name": TICKET_TYPE, "price_minor": 9900}]}
        ],
        "seats_per_order_max": 10,
        "pesel_required": False,
        "cancellation_deadline_at": starts_at.isoformat(),
    }


def _made(gateway: Gateway, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return gateway.write("POST", path, expect=201, token=token, body=body).json()


def _wait_until_on_sale(gateway: Gateway, event_id: str) -> float:
    began = time.monotonic()
    while (waited := time.monotonic() - began) < _ON_SALE_S_MAX:
        event = gateway.get(f"/events/{event_id}").json()
        if (event.get("availability") or {}).get("total"):
            return round(waited, 2)
        time.sleep(0.1)
    raise TimeoutError(f"event {event_id} was not on sale within {_ON_SALE_S_MAX} s")
