"""What a process counts is read at /metrics of its API and of its worker, and nowhere in what the world sees."""

import asyncio
import socket
import uuid

import httpx
import pytest
import structlog
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from chassis.database import Database
from chassis.http import create_http_app
from chassis.metrics import Counter, Gauge
from chassis.worker import Worker
from support.waiting import wait_until

LOST = Counter("rowlock_test_parcels_lost_total", "Parcels that nobody found", ["depot"])
WAITING = Gauge("rowlock_test_parcels_waiting", "Parcels that wait")


@pytest.fixture
def depot() -> str:
    """A label of its own: what a process counts stays until it ends."""
    return f"depot-{uuid.uuid4()}"


@pytest.fixture
def app(settings_of) -> FastAPI:
    return create_http_app(
        title="Parcels",
        description="Parcels",
        version="1",
        settings=settings_of(access_log=True),
        routers=[],
        problem_table={},
    )


async def ask(app: FastAPI, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://parcels") as client:
        return await client.get(path)


def told(answer: httpx.Response, name: str, **labels: str) -> float:
    """A value as Prometheus reads it."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    (value,) = [sample.value for sample in samples if (sample.name, sample.labels) == (name, labels)]
    return value


async def test_an_api_tells_what_its_process_counted(app: FastAPI, depot: str) -> None:
    LOST.labels(depot).inc(3)
    WAITING.set(7)

    answer = await ask(app, "/metrics")

    assert told(answer, "rowlock_test_parcels_lost_total", depot=depot) == 3
    assert told(answer, "rowlock_test_parcels_waiting") == 7


async def test_metrics_are_no_part_of_the_described_api_and_fill_no_log(app: FastAPI) -> None:
    with structlog.testing.capture_logs() as logs:
        await ask(app, "/metrics")
        assert [line for line in logs if line["event"] == "request_served"] == []
        description = (await ask(app, "/openapi.json")).json()

    assert len([line for line in logs if line["event"] == "request_served"]) == 1
    assert "/metrics" not in description["paths"]


async def test_a_worker_tells_what_its_process_counted(
    settings_of, outbox, parcels_url: str, amqp_url: str, depot: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    worker = Worker(
        settings_of(amqp_url=amqp_url, worker_http_port=port, drain_s=2), Database(parcels_url), outbox
    )
    running = asyncio.create_task(worker.run())
    LOST.labels(depot).inc()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

        async def answers() -> httpx.Response | None:
            try:
                return await client.get("/metrics")
            except httpx.TransportError:
                return None

        answer = await wait_until(answers, what="the worker answers")
    worker.stop()
    await asyncio.wait_for(running, 10)

    assert told(answer, "rowlock_test_parcels_lost_total", depot=depot) == 1
