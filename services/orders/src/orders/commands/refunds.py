"""`rowlock refunds list|settle|retry|progress`."""

from typing import Annotated, Any
from uuid import UUID

import typer

from chassis.clock import utc_now
from chassis.database import Transaction
from orders.commands.transactions import run
from orders.domain.states import RefundState
from orders.queries import refunds_in_state, refunds_of_event
from orders.usecases.retry_refund import retry_refund
from orders.usecases.settle_refund import settle_refund

refunds = typer.Typer(
    no_args_is_help=True,
    help="Refunds: those of recorded payments people pay back, the others the payment provider.",
)
commands = typer.Typer()
commands.add_typer(refunds, name="refunds")

_LINE = "{refund_id}  {order_id}  {amount_minor} {currency}  {reason}  {provider} {capture_reference}"


@refunds.command("list")
def list_refunds(
    *,
    state: Annotated[RefundState, typer.Option(help="Which refunds")] = RefundState.PENDING,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most lines")] = 100,
) -> None:
    """List refunds, the oldest first: refund, order, amount, reason, what it pays back, what went wrong."""

    async def read(tx: Transaction) -> list[str]:
        return [_line(row) for row in await refunds_in_state(tx, state=state, limit=limit)]

    for line in run(read):
        typer.echo(line)


@refunds.command("settle")
def settle(refund_id: UUID) -> None:
    """Say that a refund was paid back by hand."""

    async def work(tx: Transaction) -> bool:
        return await settle_refund(tx, refund_id=refund_id, now=utc_now())

    typer.echo(f"refund {refund_id} {'is settled' if run(work) else 'was settled before'}")


@refunds.command("retry")
def retry(refund_id: UUID) -> None:
    """Have a refund that was given up tried once more."""

    async def work(tx: Transaction) -> None:
        await retry_refund(tx, refund_id=refund_id, now=utc_now())

    run(work)
    typer.echo(f"refund {refund_id} will be sent again")


@refunds.command("progress")
def progress(event_id: UUID) -> None:
    """Tell how far the refunds of an event have got: its orders, then its refunds by state."""
    found = run(lambda tx: refunds_of_event(tx, event_id=event_id, organization_ids=None))
    typer.echo("orders: {open} open, {cancelling} cancelling, {over} over".format_map(found["orders"]))
    for part in found["refunds"]:
        amount = "{amount_minor} {currency}".format_map(part["amount"])
        typer.echo(f"refunds {part['state']}: {part['refunds']}, {amount}")


def _line(row: Any) -> str:
    failure = f"  {row['failure']} ({row['attempts']} attempts)" if row["failure"] else ""
    return _LINE.format_map(row) + failure
