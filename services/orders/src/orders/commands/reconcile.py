"""`rowlock reconcile`: every difference between ledger, orders, seats and the provider's view."""

import asyncio
import json
from typing import Annotated

import typer

from chassis.clock import utc_now
from chassis.database import Database
from orders.clients.payment_providers import ProviderSecretUnusable, provider_of
from orders.clients.sold_seats import SoldSeats
from orders.domain.findings import Report
from orders.jobs.reconcile import compare, facts_of
from orders.settings import Settings

commands = typer.Typer()

DIFFERENT, NOT_COMPARED = 1, 2


@commands.command("reconcile")
def reconcile(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines")] = False,
) -> None:
    """Compare ledger, orders, seats and the provider's view, and list every difference.

    Exit code 1: there are differences. 2: there are none, but something could not be compared.
    docs/runbooks/reconcile.md says what each kind means and what to do.
    """
    report = asyncio.run(_compare())
    typer.echo(json.dumps(_document(report)) if as_json else "\n".join(_lines(report)))
    if report.counts:
        raise typer.Exit(DIFFERENT)
    if report.not_compared:
        raise typer.Exit(NOT_COMPARED)


async def _compare() -> Report:
    settings = Settings.from_environment()
    try:
        provider = provider_of(settings)
    except ProviderSecretUnusable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NOT_COMPARED) from None
    db = Database.of(settings, process="command")
    try:
        return await compare(db, settings, provider=provider, sold_seats=SoldSeats(settings), now=utc_now())
    finally:
        await db.close()
        if provider is not None:
            await provider.close()


def _document(report: Report) -> dict[str, object]:
    return {
        "findings": [facts_of(finding) for finding in report.findings],
        "counts": {kind: count for kind, count in report.count_by_kind().items() if count},
        "not_compared": report.not_compared,
    }


def _lines(report: Report) -> list[str]:
    findings = ["  ".join(f"{name}={value}" for name, value in facts_of(f).items()) for f in report.findings]
    unlisted = report.counts.total() - len(findings)
    more = [f"{unlisted} more are not listed"] if unlisted else []
    away = [f"not compared with {part}: {why}" for part, why in report.not_compared.items()]
    return [*findings, *more, *away, f"{report.counts.total()} differences"]
