"""What commands that talk to RabbitMQ share."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer

from chassis.publishing import BrokerUnavailable
from rowlock_cli.failure import fail

T = TypeVar("T")

AmqpUrl = Annotated[str, typer.Option(envvar="AMQP_URL", help="URL of RabbitMQ.")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Wait for the work; a broker that is away is one sentence."""
    try:
        return asyncio.run(work)
    except BrokerUnavailable as error:
        fail(f"RabbitMQ cannot be reached: {error}")
