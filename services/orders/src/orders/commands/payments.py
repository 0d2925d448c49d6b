"""`rowlock record-payment`, `rowlock refunds list|settle`."""

from typing import Annotated
from uuid import UUID

import typer

from chassis.clock import utc_now
from chassis.database import Transaction
from orders.commands.transactions import run
from orders.domain.order import Money
from orders.domain.states import OrderState, RefundState
from orders.queries import order_state, refunds_in_state
from orders.usecases.capture_payment import RECORDED, capture_payment
from orders.usecases.settle_refund import settle_refund

commands = typer.Typer(no_args_is_help=True)
refunds = typer.Typer(no_args_is_help=True, help="Refunds of recorded payments, which people pay back.")
commands.add_typer(refunds, name="refunds")


@commands.command("record-payment")
def record_payment(
    order_id: UUID,
    *,
    amount_minor: Annotated[int, typer.Option(min=1, help="In minor units: 4500 is 45.00")],
    currency: Annotated[str, typer.Option(help="ISO 4217, such as PLN")],
    reference: Annotated[str, typer.Option(help="The payment's own name; the same one again has no effect")],
) -> None:
    """Record money that arrived for an order; it finalizes the order, or is refunded if it is over."""
    amount = Money(amount_minor=amount_minor, currency=currency)

    async def record(tx: Transaction) -> OrderState:
        await capture_payment(
            tx, order_id=order_id, amount=amount, provider=RECORDED, reference=reference, now=utc_now()
        )
        return await order_state(tx, order_id)

    typer.echo(f"order {order_id} is {run(record)}")


@refunds.command("list")
def list_refunds(
    *,
    state: Annotated[RefundState, typer.Option(help="Which refunds")] = RefundState.PENDING,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most lines")] = 100,
) -> None:
    """List refunds, the oldest first: refund, order, amount, reason, reference of the payment."""

    async def read(tx: Transaction) -> list[str]:
        rows = await refunds_in_state(tx, state=state, limit=limit)
        return [
            "{refund_id}  {order_id}  {amount_minor} {currency}  {reason}  {reference}".format_map(row)
            for row in rows
        ]

    for line in run(read):
        typer.echo(line)


@refunds.command("settle")
def settle(refund_id: UUID) -> None:
    """Say that a refund was paid back."""

    async def work(tx: Transaction) -> bool:
        return await settle_refund(tx, refund_id=refund_id, now=utc_now())

    typer.echo(f"refund {refund_id} {'is settled' if run(work) else 'was settled before'}")
