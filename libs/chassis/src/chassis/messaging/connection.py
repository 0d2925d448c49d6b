"""One AMQP connection with one channel, opened with timeouts; errors become BrokerUnavailable."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import AMQPError
from yarl import URL

from chassis.publishing import BrokerUnavailable

CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 2.0
# A peer that vanished without a word is noticed within two heartbeats.
HEARTBEAT_S = 10



async def connect(amqp_url: str, *, name: str) -> AbstractConnection:
    """Open a connection. Raises BrokerUnavailable."""
    url = URL(amqp_url).update_query(heartbeat=HEARTBEAT_S, name=name)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await aio_pika.connect(url)
    except (AMQPError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"cannot connect: {type(error).__name__}: {error}") from error


async def open_channel(connection: AbstractConnection, *, confirms: bool = True) -> AbstractChannel:
    """Open a channel; an unroutable publish raises. Raises BrokerUnavailable."""
    channel = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await channel.initialize()
    except (AMQPError, OSError, TimeoutError, RuntimeError) as error:
        raise BrokerUnavailable(f"cannot open a channel: {type(error).__name__}: {error}") from error
    return channel


async def close_quietly(connection: AbstractConnection) -> None:
    """Close, waiting a bounded time; a connection that is broken anyway has nothing to tell."""
    with suppress(AMQPError, OSError, TimeoutError, RuntimeError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await connection.close()


@asynccontextmanager
async def session(amqp_url: str, *, name: str, confirms: bool = True) -> AsyncIterator[AbstractChannel]:
    """A channel on a connection of its own, closed at the end."""
    connection = await connect(amqp_url, name=name)
    try:
        yield await open_channel(connection, confirms=confirms)
    finally:
        await close_quietly(connection)
