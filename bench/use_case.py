"""The rung between SQL and HTTP: reservation's place_hold in a process of its own, with its group commit.

`run` starts this module as a child and reads one line of JSON from it; the child is the process under test
and the load in one, so its CPU time is reservation's for all but the loop below.
"""

import asyncio
import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

from bench.pgbench import percentile
from bench.plan import HOT_PAIRS, HOT_SHARE_PERCENT, Plan
from chassis.database import Database
from reservation.domain.errors import Refusal
from reservation.domain.wishes import Wish
from reservation.settings import Settings
from reservation.storage.seat_views import SeatViews
from reservation.usecases.place_hold import HoldPlacer, HoldRequest

_STRIDE = 7919


@dataclass(frozen=True, kw_only=True)
class _Order:
    """What the child is asked to do."""

    seats_file: str
    pattern: str
    concurrency: int
    seconds: float
    first_pair: int
    buyers: int


@dataclass
class _Tally:
    holds: int = 0
    refusals: int = 0
    latencies_ms: list[float] = field(default_factory=list)


def run(
    *,
    environment: Mapping[str, str],
    seats_file: Path,
    plan: Plan,
    pattern: str,
    concurrency: int,
    seconds: float,
    first_pair: int,
) -> dict[str, Any]:
    """Figures of `concurrency` tasks that each place one hold after another for `seconds`."""
    order = _Order(
        seats_file=str(seats_file),
        pattern=pattern,
        concurrency=concurrency,
        seconds=seconds,
        first_pair=first_pair,
        buyers=plan.buyers,
    )
    finished = subprocess.run(
        [sys.executable, "-m", "bench.use_case"],
        env=os.environ | dict(environment) | {"DATABASE_URL": environment["RESERVATION_DATABASE_URL"]},
        input=json.dumps(asdict(order)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(finished.stdout)


async def _serve(order: _Order) -> dict[str, Any]:
    settings = Settings.from_environment()
    db = Database(settings.database_url, settings.database_pool_size)
    views = SeatViews(db, age_s_max=settings.availability_view_ms / 1000)
    placer = HoldPlacer(
        db=db,
        views=views,
        limits=settings.hold_limits,
        batch_max=settings.hold_batch_max,
        batches_at_once=settings.hold_batches_at_once_max,
    )
    wishes = _wishes(order.seats_file)
    for event_id in {wish.event_id for wish in wishes}:
        await views.event(event_id)
    tally, began = _Tally(), time.perf_counter()
    requests = _requests(order, wishes, active_holds_max=settings.active_holds_per_buyer_max)
    until = began + order.seconds
    await asyncio.gather(*(_place_until(until, placer, requests, tally) for _ in range(order.concurrency)))
    elapsed = time.perf_counter() - began
    await placer.close()
    await db.close()
    latencies = sorted(tally.latencies_ms)
    return {
        "seconds": elapsed,
        "holds": tally.holds,
        "refusals": tally.refusals,
        "p50_ms": percentile(latencies, 50),
        "p99_ms": percentile(latencies, 99),
    }


async def _place_until(until: float, placer: HoldPlacer, requests: Any, tally: _Tally) -> None:
    while (began := time.perf_counter()) < until:
        try:
            await placer.place(next(requests))
            tally.holds += 1
        except Refusal:
            tally.refusals += 1
        tally.latencies_ms.append((time.perf_counter() - began) * 1000)


def _requests(order: _Order, wishes: list[Wish], *, active_holds_max: int) -> Any:
    """The same walk over pairs and buyers as scenarios/holds.lua."""
    salt, position, fingerprint = secrets.token_hex(6), order.first_pair, b"\0" * 32
    while True:
        position += 1
        hot = order.pattern == "hot-spot" and random.random() * 100 < HOT_SHARE_PERCENT
        wish = wishes[random.randrange(HOT_PAIRS) if hot else position * _STRIDE % len(wishes)]
        buyer = f"bench-buyer-{position % order.buyers}"
        yield HoldRequest(
            wish=wish,
            buyer_id=buyer,
            idempotency_key=f"{salt}-{position}",
            fingerprint=fingerprint,
            counted_as=buyer,
            active_holds_max=active_holds_max,
        )


def _wishes(seats_file: str) -> list[Wish]:
    ids: dict[str, UUID] = {}
    wishes: list[Wish] = []
    for line in Path(seats_file).read_text().splitlines():
        event_id, one, other = line.split()
        wishes.append(Wish(ids.setdefault(event_id, UUID(event_id)), (one, other)))
    return wishes


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_serve(_Order(**json.load(sys.stdin))))))
