"""Everything docs/metrics.md promises is told by some process of the running system, and follows what happened."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from rowlock_local.files import read_json
from support.metrics import Figures
from support.services import SERVICES
from support.stage.organizer import PRICED
from support.stage.stage import Stage
from support.system import System
from support.waiting import wait_until

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
SAMPLED_WITHIN_S = 60.0


class Everybody:
    """What all processes of a system tell."""

    def __init__(self, told: dict[str, Figures]) -> None:
        self._told = told

    def total(self, name: str, **labels: str) -> float:
        """Of a counter: added up over all replicas."""
        return sum(figures.total(name, **labels) for figures in self._told.values())

    def largest(self, name: str, **labels: str) -> float:
        """Of a sampled gauge: every replica tells the same, a moment apart. -1 if nobody tells it."""
        return max(
            (figures.value(name, **labels) or 0.0 for figures in self.those_who_tell(name)), default=-1
        )

    def those_who_tell(self, name: str) -> list[Figures]:
        """Processes that have at least one series of it."""
        told = (name, f"{name}_count")
        return [figures for figures in self._told.values() if figures.names() & set(told)]


async def ask_everybody(system: System) -> Everybody:
    """Each process at its own port: the gateway leads to none of them."""
    ports = read_json(system.home.ports_file)
    processes = [
        f"{service}-{kind}-{n}"
        for service in SERVICES
        for kind in ("api", "worker")
        for n in system.replicas(service, kind)
    ]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answers = await asyncio.gather(
            *(client.get(f"http://127.0.0.1:{ports[name]}/metrics") for name in processes)
        )
    return Everybody({name: Figures(answer.text) for name, answer in zip(processes, answers, strict=True)})


async def until_told(system: System, fits: Callable[[Everybody], bool], what: object) -> None:
    """Wait until what everybody tells `fits`; `what`: a text, or what to say of it when it never does."""

    async def look() -> bool:
        return fits(await ask_everybody(system))

    try:
        await wait_until(look, deadline_s=SAMPLED_WITHIN_S, poll_ms=500, what=str(what))
    except AssertionError:
        raise AssertionError(what(await ask_everybody(system)) if callable(what) else what) from None


def not_yet(system: System) -> set[str]:
    """Of a comparison of the books that was never made, nothing can be told: the first is minutes away."""
    with psycopg.connect(system.database_url("orders")) as connection:
        ended = connection.execute("SELECT FROM orders.reconciliation WHERE ended_at IS NOT NULL").fetchone()
    kinds = ("findings", "not_compared", "ended_at_seconds")
    return set() if ended is not None else {f"rowlock_reconcile_{kind}" for kind in kinds}


@pytest.fixture
async def before(system: System) -> Everybody:
    """Once every worker has sampled."""
    await until_told(system, lambda now: now.largest("rowlock_seats", state="free") >= 0, "seats are told")
    return await ask_everybody(system)


async def test_a_hold_a_refusal_a_purchase_a_cancellation_and_a_refund_are_all_told(
    stage: Stage, before: Everybody
) -> None:
    system = stage.system
    event_id = await stage.event(prices=PRICED)
    buyer, late = stage.buyer(), stage.buyer()
    await buyer.hold(event_id, "Stalls-1-1")
    await late.hold(event_id, "Stalls-1-1", expect=409)
    order = await buyer.order(await buyer.hold(event_id, "Stalls-1-2"), ticket_type="adult")
    await stage.sandbox.pay(await buyer.start_payment(order))
    await buyer.see_order(order, become="confirmed")
    cancelled = await buyer.cancel(order)
    (payment,) = cancelled["payments"]
    await buyer.see_payment(order, payment, state="refunded")

    def rose(now: Everybody, name: str, **labels: str) -> float:
        return now.total(name, **labels) - before.total(name, **labels)

    counted = [
        ("rowlock_holds_total", {"outcome": "held"}, 2),
        ("rowlock_holds_total", {"outcome": "seats_taken"}, 1),
        ("rowlock_holds_ended_total", {"outcome": "purchased"}, 1),
        ("rowlock_order_changes_total", {"state": "confirmed"}, 1),
        ("rowlock_order_changes_total", {"state": "cancelled"}, 1),
        ("rowlock_payment_changes_total", {"state": "captured"}, 1),
        ("rowlock_payment_changes_total", {"state": "refunded"}, 1),
        ("rowlock_refund_changes_total", {"state": "settled"}, 1),
        ("rowlock_provider_calls_total", {"provider": "sandbox", "outcome": "answered"}, 2),
        ("rowlock_http_requests_total", {"route": "/api/v1/holds", "method": "POST", "status": "409"}, 1),
        ("rowlock_http_requests_total", {"route": "/api/v1/orders", "status": "201"}, 1),
        ("rowlock_http_request_duration_seconds_count", {"route": "/api/v1/holds", "method": "POST"}, 3),
        ("rowlock_messages_sent_total", {"message_type": "reservation.confirm_holds.v1"}, 1),
        ("rowlock_consumer_messages_total", {"consumer": "reservation.commands", "outcome": "handled"}, 2),
        ("rowlock_consumer_lag_seconds_count", {"consumer": "orders"}, 1),
        ("rowlock_mails_ended_total", {"state": "sent"}, 1),
    ]

    def missing(now: Everybody) -> list[tuple[str, dict[str, str]]]:
        return [(name, labels) for name, labels, least in counted if rose(now, name, **labels) < least]

    await until_told(system, lambda now: not missing(now), lambda now: f"told: {missing(now)}")


async def test_what_happens_shows_in_the_sampled_figures_and_then_does_not(
    stage: Stage, before: Everybody
) -> None:
    system, event_id = stage.system, await stage.event(prices=PRICED)
    buyer = stage.buyer()

    def free(now: Everybody) -> float:
        return now.largest("rowlock_seats", state="free")

    await until_told(system, lambda now: free(now) > free(before), "the new event's seats are free")
    held = (await ask_everybody(system)).largest("rowlock_seats", state="held")
    order = await buyer.order(await buyer.hold(event_id, "Stalls-1-1", "Stalls-1-2"), ticket_type="adult")
    await until_told(
        system, lambda now: now.largest("rowlock_seats", state="held") >= held + 2, "two seats are held"
    )
    await until_told(
        system,
        lambda now: now.largest("rowlock_orders", state="awaiting_payment") >= 1,
        "an order awaits payment",
    )
    await buyer.start_payment(order)
    await until_told(
        system, lambda now: now.largest("rowlock_payments", state="pending") >= 1, "a payment is under way"
    )


async def test_every_metric_of_the_page_is_told_by_some_process(system: System, before: Everybody) -> None:
    promised = re.findall(r"^\| `(rowlock_\w+)` \|", PAGE.read_text(), flags=re.MULTILINE)
    assert len(promised) > 40

    def dead(now: Everybody) -> set[str]:
        return {name for name in promised if not now.those_who_tell(name)} - not_yet(system)

    await until_told(system, lambda now: not dead(now), lambda now: f"told by nobody: {dead(now)}")


async def test_all_replicas_tell_the_same_of_what_is_sampled(system: System, before: Everybody) -> None:
    now = await ask_everybody(system)
    assert len(now.those_who_tell("rowlock_seats")) == len(system.replicas("reservation", "worker"))
    assert len(now.those_who_tell("rowlock_outbox_messages")) == len(SERVICES) * 2


async def test_no_label_holds_what_is_somebodys(stage: Stage) -> None:
    event_id = await stage.event()
    buyer = stage.buyer()
    hold = await buyer.hold(event_id, "Stalls-1-1")
    await buyer.get(f"/holds/{hold['hold_id']}")
    ports = read_json(stage.system.home.ports_file)
    async with httpx.AsyncClient(trust_env=False) as client:
        for service in SERVICES:
            for n in stage.system.replicas(service, "api"):
                told = (await client.get(f"http://127.0.0.1:{ports[f'{service}-api-{n}']}/metrics")).text
                for secret in (event_id, hold["hold_id"], "@example"):
                    assert secret not in told
