"""`rowlock record-payment`."""

from typing import Annotated
from uuid import UUID

import typer

from chassis.clock import utc_now
from chassis.database import Transaction
from orders.commands.transactions import run
from orders.domain.order import Money
from orders.domain.states import OrderState
from orders.queries import order_state
from orders.usecases.capture_payment import RECORDED, capture_payment

commands = typer.Typer(no_args_is_help=True)


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
