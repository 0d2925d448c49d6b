"""A queue that gets a copy of every message on the bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aio_pika

from chassis.messaging.topology import EXCHANGE

NAME = "tests.tap"


@dataclass(frozen=True)
class Tap:
    """Collects in the broker, so that it misses nothing while the broker restarts."""

    amqp_url: str

    async def messages(self) -> list[bytes]:
        """Every message so far, each with its headers and properties; all of them stay."""
        async with await aio_pika.connect(self.amqp_url) as connection, connection.channel() as channel:
            queue = await channel.get_queue(NAME)
            found = list[bytes]()
            while message := await queue.get(fail=False):
                found.append(f"{message.routing_key} {message.info()} ".encode() + message.body)
            # Unsettled messages return to the queue when the channel closes.
            return found

    async def _open(self) -> None:
        async with await aio_pika.connect(self.amqp_url) as connection, connection.channel() as channel:
            queue = await channel.declare_queue(NAME, durable=True)
            await queue.bind(EXCHANGE, "#")

    async def _close(self) -> None:
        async with await aio_pika.connect(self.amqp_url) as connection, connection.channel() as channel:
            await channel.queue_delete(NAME)


@asynccontextmanager
async def tap(amqp_url: str) -> AsyncIterator[Tap]:
    """Listen until the block ends."""
    tapped = Tap(amqp_url)
    await tapped._open()
    try:
        yield tapped
    finally:
        await tapped._close()
