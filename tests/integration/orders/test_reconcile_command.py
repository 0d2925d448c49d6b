"""What an operator and Prometheus see of a comparison: the command, the job, log lines and gauges."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from integration.orders.books import Books
from integration.orders.nothing_sold import NothingSold
from typer.testing import CliRunner, Result

from orders.commands import commands
from orders.commands import reconcile as command
from orders.domain.findings import FINDINGS_PER_KIND_MAX, Finding, FindingKind, Report
from orders.domain.states import OrderState as S
from orders.settings import Settings

Run = Callable[..., Awaitable[Result]]
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def run_reconcile(settings: Settings) -> Run:
    async def run(*arguments: str, reservation_url: str, **changes: str | None) -> Result:
        environment = {
            "DATABASE_URL": settings.database_url,
            "AMQP_URL": settings.amqp_url,
            "INTERNAL_API_KEY": settings.internal_api_key,
            "RESERVATION_URL": reservation_url,
            "PAYMENT_PROVIDER": "none",
            **changes,
        }
        return await asyncio.to_thread(
            CliRunner().invoke, commands, ["reconcile", *arguments], env=environment
        )

    return run


async def test_books_that_agree_are_said_to(run_reconcile: Run, reservation_url: str, books: Books) -> None:
    await books.scene.order_in(S.CANCELLED, paid=True)

    result = await run_reconcile(reservation_url=reservation_url)

    assert (result.exit_code, result.stdout) == (0, "differences: 0; compared: 1 orders, 1 events\n")


async def test_a_difference_is_a_line_and_a_failure(
    run_reconcile: Run, reservation_url: str, wrong_order: str
) -> None:
    result = await run_reconcile(reservation_url=reservation_url)

    line = f"kind=order_total_differs  order_id={wrong_order}  expected=4500 PLN  found=1 PLN"
    assert result.exit_code == 1
    assert result.stdout == f"{line}\ndifferences: 1; compared: 1 orders, 1 events\n"


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
        "compared": {"orders": 1, "events": 1},
        "not_compared": {},
    }


async def test_what_could_not_be_compared_is_not_passed_off_as_agreeing(
    run_reconcile: Run, books: Books
) -> None:
    await books.scene.publish_event()

    result = await run_reconcile(reservation_url=NOBODY)

    assert result.exit_code == 3
    assert "not compared with reservation" in result.stdout


async def test_a_command_typed_wrong_is_told_from_differences(run_reconcile: Run) -> None:
    result = await run_reconcile("--jsn", reservation_url=NOBODY)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "No such option" in result.stderr


async def test_without_its_settings_it_says_which_are_missing(
    run_reconcile: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    result = await run_reconcile(reservation_url=NOBODY, DATABASE_URL=None)

    assert result.exit_code == 3
    assert result.stderr == "The settings of orders are not at hand: DATABASE_URL.\n"


async def test_a_provider_without_its_secret_is_said(run_reconcile: Run) -> None:
    sandbox = {"PAYMENT_PROVIDER": "sandbox", "SANDBOX_API_KEY": "/none", "SANDBOX_NOTICE_SECRET": "/none"}

    result = await run_reconcile(reservation_url=NOBODY, **sandbox)

    assert result.exit_code == 3
    assert result.stderr == "SANDBOX_API_KEY: /none: FileNotFoundError\n"


async def test_a_database_that_is_away_is_no_difference(run_reconcile: Run) -> None:
    result = await run_reconcile(reservation_url=NOBODY, DATABASE_URL="postgresql://orders@127.0.0.1:1/none")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "Nothing was compared: the database did not answer.\n"


async def test_long_work_tells_how_far_it_is(
    run_reconcile: Run, reservation_url: str, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PROGRESS_EVERY_S", 0.01)
    monkeypatch.setattr(NothingSold, "answers_after_s", 0.5)
    await books.scene.publish_event()

    result = await run_reconcile("--json", reservation_url=reservation_url)

    assert result.exit_code == 0
    assert "so far: differences: 0; compared: " in result.stderr
    assert json.loads(result.stdout)["counts"] == {}


def test_of_very_many_differences_some_are_listed_and_all_are_counted() -> None:
    report = Report()
    finding = Finding(kind=FindingKind.TICKETS_MISSING, expected="1", found="0")
    report.add([finding] * (FINDINGS_PER_KIND_MAX + 5))

    assert len(report.findings) == FINDINGS_PER_KIND_MAX
    assert report.count_by_kind()["tickets_missing"] == FINDINGS_PER_KIND_MAX + 5
