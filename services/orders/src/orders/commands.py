"""What operators do with orders: `rowlock record-payment`, `rowlock refunds list|settle`."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from chassis.clock import utc_now
from chassis.database import Database, Transaction
from orders.domain.order import Money, OrderNotFound
from orders.domain.states import OrderState, RefundState
from orders.queries import order_state, refunds_in_state
from orders.usecases.capture_payment import (
    RECORDED,
    PaymentAmountDiffers,
    PaymentReferenceUsed,
    capture_payment,
)
from orders.usecases.settle_refund import RefundNotFound, settle_refund

R = TypeVar("R")
Refusals = (OrderNotFound, PaymentAmountDiffers, PaymentReferenceUsed, RefundNotFound)

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

    typer.echo(f"order {order_id} is {_run(record)}")


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

    for line in _run(read):
        typer.echo(line)


@refunds.command("settle")
def settle(refund_id: UUID) -> None:
    """Say that a refund was paid back."""

    async def work(tx: Transaction) -> bool:
        return await settle_refund(tx, refund_id=refund_id, now=utc_now())

    typer.echo(f"refund {refund_id} {'is settled' if _run(work) else 'was settled before'}")


def _run(work: Callable[[Transaction], Awaitable[R]]) -> R:
    """Run `work` in a transaction of its own; a refusal becomes one sentence and exit code 1."""
    try:
        return asyncio.run(_in_transaction(work))
    except Refusals as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None


async def _in_transaction(work: Callable[[Transaction], Awaitable[R]]) -> R:
    db = Database(os.environ["DATABASE_URL"], pool_size=1, application_name="rowlock-orders")
    try:
        return await db.run(work)
    finally:
        await db.close()
