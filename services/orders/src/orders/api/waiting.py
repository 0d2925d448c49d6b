"""`Prefer: wait=<s>`: answer when the order has got where it is going, if that is soon.

The row is polled between short, growing pauses, outside any transaction. Not LISTEN/NOTIFY:
NOTIFY in the transaction that confirms an order would make all of them commit one at a time,
and a look at one row by its key costs a fraction of a millisecond.
"""

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response

from chassis.database import Database
from chassis.http import wait_preference
from orders.api.answers import OrderOut
from orders.domain.order import SETTLED_STATES
from orders.domain.rights import OrderRight
from orders.queries import find_own_order, order_state
from orders.storage.personal_data import PersonalData

_GROWTH_MAX = 8


ACCEPTED: dict[str, Any] = {
    "model": OrderOut,
    "description": "Under way: read the order at Location to follow it",
    "headers": {
        "Location": {"schema": {"type": "string"}, "description": "The order"},
        "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until a look is worth it"},
    },
}
"""The 202 of a request that set an order in motion, for its OpenAPI."""


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long a client wants to wait (None: not at all), and the first pause between looks."""

    wait_s: float | None
    poll_s: float


async def _patience(
    request: Request,
    _prefer: Annotated[
        str | None,
        Header(
            alias="Prefer",
            description="`wait=5` waits up to so many seconds for the outcome and then answers 200",
            examples=["wait=5"],
        ),
    ] = None,
) -> _Patience:
    return _Patience(wait_preference(request), request.app.state.settings.order_poll_ms / 1000)


Patience = Annotated[_Patience, Depends(_patience)]


def status_of(order: OrderOut) -> int:
    """200 for an order that rests where it is, 202 for one that is on its way."""
    return 200 if order.state in SETTLED_STATES else 202


def headers_of(order: OrderOut) -> dict[str, str]:
    """Where to follow it, and when a look is worth it."""
    location = {"Location": f"/api/v1/orders/{order.order_id}"}
    return location if order.state in SETTLED_STATES else {**location, "Retry-After": "1"}


async def answer_when_settled(
    accepted: Response,
    *,
    order_id: UUID,
    right: OrderRight,
    db: Database,
    personal: PersonalData,
    patience: _Patience,
) -> Response:
    """200 with the order as soon as it is settled; the accepted answer if it is not in time.

    Without the preference, or when nothing is under way, `accepted` is given back at once. The order
    as it is now needs the right of now: `accepted` may be a repetition, and the right gone since.
    Raises OrderNotFound.
    """
    under_way = accepted.status_code == HTTPStatus.ACCEPTED
    if not under_way or patience.wait_s is None:
        return accepted
    if not await _settled_within(db, order_id, wait_s=patience.wait_s, poll_s=patience.poll_s):
        return accepted
    async with db.snapshot() as conn:
        order = OrderOut.of(await find_own_order(conn, order_id=order_id, right=right, personal=personal))
    headers = {"Preference-Applied": "wait", "Location": accepted.headers["location"]}
    return Response(order.model_dump_json(), headers=headers, media_type="application/json")


async def _settled_within(db: Database, order_id: UUID, *, wait_s: float, poll_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    pause_s = poll_s
    while True:
        async with db.snapshot() as conn:
            if await order_state(conn, order_id) in SETTLED_STATES:
                return True
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return False
        await asyncio.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 2, poll_s * _GROWTH_MAX)
