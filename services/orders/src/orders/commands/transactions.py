"""Runs what a command does: in one transaction, on the database that the environment names."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from chassis.database import Database, Transaction
from orders.domain.offer import EventNotFound
from orders.domain.order import OrderNotFound
from orders.domain.refund import RefundHasNotFailed, RefundIsUnderWay, RefundNotFound
from orders.usecases.capture_payment import PaymentAmountDiffers, PaymentReferenceUsed

R = TypeVar("R")
Refusals = (
    EventNotFound,
    OrderNotFound,
    PaymentAmountDiffers,
    PaymentReferenceUsed,
    RefundHasNotFailed,
    RefundIsUnderWay,
    RefundNotFound,
)


def run(work: Callable[[Transaction], Awaitable[R]]) -> R:
    """Run `work` in a transaction of its own; a refusal becomes one sentence and exit code 1."""
    try:
        return asyncio.run(in_transaction(work))
    except Refusals as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None


async def in_transaction(work: Callable[[Transaction], Awaitable[R]]) -> R:
    """The same within a loop; raises the refusals."""
    db = Database(os.environ["DATABASE_URL"], pool_size=1, application_name="rowlock-orders")
    try:
        return await db.run(work)
    finally:
        await db.close()
