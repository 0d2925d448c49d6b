"""A process stops in order: readiness first, then what is running ends."""

import os
import signal
import socket
import sys
import textwrap
import threading
import time
from subprocess import PIPE, STDOUT, Popen

import httpx
import pytest

APP = """
import asyncio
from chassis.http import create_http_app
from chassis.settings import ServiceSettings
from fastapi import APIRouter

router = APIRouter()

@router.get("/slow")
async def slow() -> str:
    await asyncio.sleep(4)
    return "done"

class Settings(ServiceSettings):
    pass

def create_app(settings=None):
    return create_http_app(
        title="Slow", description="", version="1", settings=settings or Settings(),
        routers=[router], problem_table={},
    )
"""
WORKER = """
from chassis.database import Database
from chassis.outbox import Outbox
from chassis.tables import outbox_table
from chassis.worker import Worker
from slowly.app import Settings
from sqlalchemy import MetaData

def create_worker(settings=None):
    settings = settings or Settings()
    return Worker(settings, Database(settings.database_url), Outbox(outbox_table(MetaData(schema="parcels"))))
"""


@pytest.fixture
def start(tmp_path, parcels_url, amqp_url):
    (tmp_path / "slowly").mkdir()
    for name, content in {"__init__": "", "app": APP, "worker": WORKER}.items():
        (tmp_path / f"slowly/{name}.py").write_text(textwrap.dedent(content))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    started: list[Popen[str]] = []

    def start(process: str) -> tuple[Popen[str], httpx.Client]:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
            "DATABASE_URL": parcels_url,
            "AMQP_URL": amqp_url,
            "HTTP_PORT": str(port),
            "DRAIN_NOTICE_S": os.environ.get("DRAIN_NOTICE_S", "3"),
        }
        command = [sys.executable, "-m", "chassis.serve", "slowly", process]
        started.append(Popen(command, env=environment, stdout=PIPE, stderr=STDOUT, text=True))
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)
        _wait_until_ready(client, started[-1])
        return started[-1], client

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _wait_until_ready(client: httpx.Client, process: Popen[str]) -> None:
    ends_at = time.monotonic() + 40
    while time.monotonic() < ends_at and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate()[0])


@pytest.mark.parametrize("process_type", ["api", "all"])
def test_sigterm_turns_readiness_off_serves_on_and_lets_requests_end(start, process_type):
    process, client = start(process_type)
    answers: list[httpx.Response] = []
    slow = threading.Thread(target=lambda: answers.append(httpx.get(f"{client.base_url}/slow", timeout=20)))
    slow.start()
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    readiness = client.get("/readyz")
    assert (readiness.status_code, readiness.json()) == (503, {"status": "draining"})
    assert client.get("/healthz").status_code == 200
    slow.join()
    assert [(a.status_code, a.json()) for a in answers] == [(200, "done")]
    assert process.wait(20) == 0


def test_a_silent_collector_holds_up_neither_requests_nor_the_end(start, monkeypatch):
    with socket.create_server(("127.0.0.1", 0), backlog=100) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.getsockname()[1]}")
        monkeypatch.setenv("DRAIN_NOTICE_S", "0")
        process, client = start("api")
        began = time.monotonic()
        for _ in range(200):
            client.get("/nothing-here")
        assert time.monotonic() - began < 10
        time.sleep(2)  # it has something to send, and waits for an answer
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - began < 6


def test_a_process_that_cannot_start_says_so_and_ends(start):
    _, client = start("api")
    second = Popen(
        [sys.executable, "-m", "chassis.serve", "slowly", "api"],
        env={**os.environ, "HTTP_PORT": str(client.base_url.port)},
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
    )
    output, _ = second.communicate(timeout=20)
    assert second.returncode != 0
    assert output
