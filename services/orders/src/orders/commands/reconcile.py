"""`rowlock reconcile`: every difference between ledger, orders, seats and the provider's view."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from chassis.clock import utc_now
from chassis.database import Database
from chassis.database_errors import is_transient
from orders.clients.payment_providers import ProviderSecretUnusable, provider_of
from orders.clients.sold_seats import SoldSeats
from orders.domain.findings import Report
from orders.jobs.reconcile import compare, facts_of
from orders.settings import Settings

commands = typer.Typer()

# 2 is a command that was typed wrong, here as everywhere.
DIFFERENT, NOT_COMPARED = 1, 3
PROGRESS_EVERY_S = 5.0


@commands.command("reconcile")
def reconcile(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines")] = False,
) -> None:
    """Compare ledger, orders, seats and the provider's view, and list every difference.

    Exit code 1: there are differences. 3: none were found, but something could not be compared.
    docs/runbooks/reconcile.md says what each kind means and what to do.
    """
    report = _compared()
    typer.echo(json.dumps(_document(report)) if as_json else "\n".join(_lines(report)))
    if report.counts:
        raise typer.Exit(DIFFERENT)
    if report.not_compared:
        raise typer.Exit(NOT_COMPARED)


def _compared() -> Report:
    """The report; one sentence and NOT_COMPARED when there can be none."""
    try:
        return asyncio.run(_compare(Settings.from_environment()))
    except ValidationError as error:
        missing = ", ".join(
            str(item["loc"][0]).upper() if item["loc"] else item["msg"] for item in error.errors()
        )
        _give_up(f"The settings of orders are not at hand: {missing}.")
    except ProviderSecretUnusable as error:
        _give_up(str(error))
    except Exception as error:
        if not is_transient(error):
            raise
        _give_up("Nothing was compared: the database did not answer.")


def _give_up(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(NOT_COMPARED) from None


async def _compare(settings: Settings) -> Report:
    provider, report = provider_of(settings), Report()
    db = Database.of(settings, process="command")
    try:
        async with aclosing(SoldSeats(settings)) as sold_seats, _progress_told(report):
            return await compare(
                db, settings, provider=provider, sold_seats=sold_seats, now=utc_now(), report=report
            )
    finally:
        await db.close()
        if provider is not None:
            await provider.close()


@asynccontextmanager
async def _progress_told(report: Report) -> AsyncIterator[None]:
    """A line on standard error from time to time, so that long work does not look like none."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(PROGRESS_EVERY_S)
            typer.echo(f"so far: {_text(report)}", err=True)

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


def _document(report: Report) -> dict[str, object]:
    return {
        "findings": [facts_of(finding) for finding in report.findings],
        "counts": {kind: count for kind, count in report.count_by_kind().items() if count},
        "compared": dict(report.compared),
        "not_compared": report.not_compared,
    }


def _lines(report: Report) -> list[str]:
    findings = ["  ".join(f"{name}={value}" for name, value in facts_of(f).items()) for f in report.findings]
    unlisted = report.counts.total() - len(findings)
    more = [f"{unlisted} more are not listed"] if unlisted else []
    away = [f"not compared with {part}: {why}" for part, why in report.not_compared.items()]
    return [*findings, *more, *away, _text(report)]


def _text(report: Report) -> str:
    """As `differences: 2; compared: 1200 orders, 3 events, 900 payments, 12 refunds`."""
    compared = ", ".join(f"{count} {what}" for what, count in report.compared.items())
    return f"differences: {report.counts.total()}; compared: {compared or 'nothing'}"
