"""AMQP connections opened and closed within bounded time; their many errors become one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import AMQPError
from yarl import URL

from chassis.publishing import BrokerUnavailable

CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 2.0
# A peer that vanished without a word is noticed within two heartbeats.
HEARTBEAT_S = 10


@contextmanager
def broker_errors() -> Iterator[None]:
    """Turn whatever a broken connection raises into BrokerUnavailable.

    That includes CancelledError: aiormq cancels the calls that wait on a channel when it closes.
    Left alone, it would end the task that called, though nobody asked that task to stop.
    """
    try:
        yield
    except (AMQPError, OSError, TimeoutError, RuntimeError) as error:
        raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BrokerUnavailable("the channel closed") from error


async def connect(amqp_url: str, *, name: str) -> AbstractConnection:
    """Open a connection. Raises BrokerUnavailable."""
    url = URL(amqp_url).update_query(heartbeat=HEARTBEAT_S, name=name)
    with broker_errors():
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await aio_pika.connect(url)


async def open_channel(connection: AbstractConnection, *, confirms: bool = True) -> AbstractChannel:
    """Open a channel; an unroutable publish raises. Raises BrokerUnavailable."""
    with broker_errors():
        channel = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await channel.initialize()
        return channel


async def close_quietly(connection: AbstractConnection) -> None:
    """Close, waiting a bounded time; a connection that is broken anyway has nothing to tell."""
    try:
        with broker_errors():
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await connection.close()
    except BrokerUnavailable:
        return


@asynccontextmanager
async def session(amqp_url: str, *, name: str) -> AsyncIterator[AbstractChannel]:
    """A channel with confirms on a connection of its own. Raises BrokerUnavailable."""
    connection = await connect(amqp_url, name=name)
    try:
        channel = await open_channel(connection)
        with broker_errors():
            yield channel
    finally:
        await close_quietly(connection)
