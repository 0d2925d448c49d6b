"""Queues between tests."""

import aio_pika
from aio_pika.exceptions import ChannelNotFoundEntity

from support.services import consumer_names


async def purge(amqp_url: str) -> None:
    """Empty the queue and the dead letter queue of every consumer that has declared them."""
    async with await aio_pika.connect(amqp_url) as connection:
        for consumer in consumer_names():
            for queue in (consumer, f"{consumer}.dead"):
                await _purge(connection, queue)


async def _purge(connection: aio_pika.abc.AbstractConnection, queue: str) -> None:
    # A queue that does not exist closes the channel, so each queue gets its own.
    async with connection.channel() as channel:
        try:
            found = await channel.get_queue(queue)
        except ChannelNotFoundEntity:
            return
        await found.purge()
