"""What an operator and Prometheus see of a comparison: the command, the job, log lines and gauges."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import structlog
from integration.orders.books import AgreeingReservation, Books
from integration.orders.scene import Scene
from typer.testing import CliRunner, Result

from chassis.metrics import exposition
from orders.commands import commands
from orders.domain.findings import FINDINGS_PER_KIND_MAX, Finding, FindingKind, Report
from orders.domain.states import OrderState as S
from orders.jobs.reconcile import reconcile_jobs
from orders.settings import Settings
from support.money.provider import ModelProvider

Run = Callable[..., Awaitable[Result]]
NOBODY = "http://127.0.0.1:1"


class NothingSold(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"seats": [], "next": None}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 -- the name is its own
        """Say nothing."""


@pytest.fixture
def reservation_url() -> Iterator[str]:
    """A reservation that has sold nothing."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), NothingSold)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def run_reconcile(settings: Settings) -> Run:
    async def run(*arguments: str, reservation_url: str) -> Result:
        environment = {
            "DATABASE_URL": settings.database_url,
            "AMQP_URL": settings.amqp_url,
            "INTERNAL_API_KEY": settings.internal_api_key,
            "RESERVATION_URL": reservation_url,
            "PAYMENT_PROVIDER": "none",
        }
        return await asyncio.to_thread(
            CliRunner().invoke, commands, ["reconcile", *arguments], env=environment
        )

    return run


@pytest.fixture
def books(scene: Scene, admin_database_url: str) -> Books:
    return Books(scene, admin_database_url, AgreeingReservation(scene), ModelProvider(name="recorded"))


@pytest.fixture
async def wrong_order(books: Books) -> str:
    placed = await books.scene.order_in(S.EXPIRED, paid=True)
    books.plant("UPDATE orders SET total_minor = 1 WHERE order_id = %(id)s", id=placed.order_id)
    return str(placed.order_id)


async def test_books_that_agree_are_said_to(run_reconcile: Run, reservation_url: str, books: Books) -> None:
    await books.scene.order_in(S.CANCELLED, paid=True)

    result = await run_reconcile(reservation_url=reservation_url)

    assert (result.exit_code, result.stdout) == (0, "0 differences\n")


async def test_a_difference_is_a_line_and_a_failure(
    run_reconcile: Run, reservation_url: str, wrong_order: str
) -> None:
    result = await run_reconcile(reservation_url=reservation_url)

    line = f"kind=order_total_differs  order_id={wrong_order}  expected=4500 PLN  found=1 PLN"
    assert (result.exit_code, result.stdout) == (1, f"{line}\n1 differences\n")


async def test_a_program_gets_the_same_as_json(
    run_reconcile: Run, reservation_url: str, wrong_order: str
) -> None:
    result = await run_reconcile("--json", reservation_url=reservation_url)

    finding = {
        "kind": "order_total_differs",
        "order_id": wrong_order,
        "expected": "4500 PLN",
        "found": "1 PLN",
    }
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "findings": [finding],
        "counts": {"order_total_differs": 1},
        "not_compared": {},
    }


async def test_what_could_not_be_compared_is_not_passed_off_as_agreeing(
    run_reconcile: Run, books: Books
) -> None:
    await books.scene.publish_event()

    result = await run_reconcile(reservation_url=NOBODY)

    assert result.exit_code == 2
    assert "not compared with reservation" in result.stdout


async def test_a_round_of_the_job_is_told_as_metrics_and_log_lines(
    scene: Scene, settings: Settings, reservation_url: str, wrong_order: str
) -> None:
    (job,) = reconcile_jobs(scene.db, settings.model_copy(update={"reservation_url": reservation_url}), None)

    with structlog.testing.capture_logs() as logs:
        await job.run()

    assert _gauges("rowlock_reconcile_findings")["order_total_differs"] == 1.0
    assert sum(_gauges("rowlock_reconcile_findings").values()) == 1.0
    assert set(_gauges("rowlock_reconcile_findings")) == {kind.value for kind in FindingKind}
    assert _gauges("rowlock_reconcile_not_compared") == {"reservation": 0.0, "provider": 0.0}
    (line,) = [line for line in logs if line["event"] == "reconcile_finding"]
    assert (line["kind"], line["order_id"]) == ("order_total_differs", wrong_order)


async def test_replicas_take_turns_and_tell_the_same(
    scene: Scene, settings: Settings, reservation_url: str, books: Books
) -> None:
    there = settings.model_copy(update={"reservation_url": reservation_url})
    placed = await books.scene.order_in(S.EXPIRED, paid=True)
    (first,) = reconcile_jobs(scene.db, there, None)
    (second,) = reconcile_jobs(scene.db, there, None)
    await first.run()
    books.plant("UPDATE orders SET total_minor = 1 WHERE order_id = %(id)s", id=placed.order_id)

    with structlog.testing.capture_logs() as logs:
        await second.run()

    assert [line for line in logs if line["event"] == "reconciled"] == []
    assert sum(_gauges("rowlock_reconcile_findings").values()) == 0.0


async def test_a_reservation_that_is_away_shows_in_the_metrics(
    scene: Scene, settings: Settings, books: Books
) -> None:
    await books.scene.publish_event()
    (job,) = reconcile_jobs(scene.db, settings.model_copy(update={"reservation_url": NOBODY}), None)
    await job.run()

    assert _gauges("rowlock_reconcile_not_compared") == {"reservation": 1.0, "provider": 0.0}


def test_of_very_many_differences_some_are_listed_and_all_are_counted() -> None:
    report = Report()
    finding = Finding(kind=FindingKind.TICKETS_MISSING, expected="1", found="0")
    report.add([finding] * (FINDINGS_PER_KIND_MAX + 5))

    assert len(report.findings) == FINDINGS_PER_KIND_MAX
    assert report.count_by_kind()["tickets_missing"] == FINDINGS_PER_KIND_MAX + 5


def _gauges(name: str) -> dict[str, float]:
    """The values of a metric by its only label, as Prometheus reads them."""
    lines = re.findall(rf'^{name}{{\w+="(\w+)"}} (\S+)$', exposition().decode(), flags=re.MULTILINE)
    return {label: float(value) for label, value in lines}
