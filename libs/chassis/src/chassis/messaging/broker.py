"""Publishing with confirms: `publish` returns when the broker has the message, or raises in time."""

import asyncio

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange
from aiormq.exceptions import AMQPError, DeliveryError, PublishError

from chassis.envelope import CONTENT_TYPE, Envelope
from chassis.messaging.connection import close_quietly, connect, open_channel
from chassis.messaging.topology import declare_exchange
from chassis.publishing import BrokerUnavailable, PublishFailed, PublishTimedOut, PublishUnroutable

__all__ = ["Broker", "BrokerUnavailable", "PublishFailed", "PublishTimedOut", "PublishUnroutable"]

PUBLISH_TIMEOUT_S = 5.0


class Broker:
    """Publishes to the system's exchange over one connection, opened when first needed.

    A connection that fails or falls silent is dropped; the next call opens a new one.
    """

    def __init__(self, amqp_url: str, *, publish_timeout_s: float = PUBLISH_TIMEOUT_S, name: str = "rowlock") -> None:
        self._amqp_url = amqp_url
        self._publish_timeout_s = publish_timeout_s
        self._name = name
        self._opening = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None

    async def connect(self) -> None:
        """Make sure there is a connection. Raises BrokerUnavailable."""
        await self._ready_exchange()

    async def publish(self, envelope: Envelope) -> None:
        """Raises BrokerUnavailable without a connection, PublishFailed when the broker refuses
        the message, has no queue for it, or does not confirm in time."""
        exchange = await self._ready_exchange()
        meta = envelope.meta
        message = aio_pika.Message(
            envelope.to_json(),
            message_id=str(meta.message_id),
            type=meta.message_type,
            content_type=CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        try:
            async with asyncio.timeout(self._publish_timeout_s):
                await exchange.publish(message, meta.message_type, mandatory=True)
        except TimeoutError:
            # A broker that accepts bytes and says nothing is as good as gone.
            await self._drop(exchange)
            raise PublishTimedOut(f"no confirm within {self._publish_timeout_s} s") from None
        except PublishError as error:
            raise PublishUnroutable(f"no queue is bound to {meta.message_type}") from error
        except DeliveryError as error:
            raise PublishFailed("the broker refused the message") from error
        except (AMQPError, OSError, RuntimeError) as error:
            await self._drop(exchange)
            raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close the connection."""
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            await close_quietly(connection)

    async def _ready_exchange(self) -> AbstractExchange:
        exchange = self._exchange
        if exchange is not None and not exchange.channel.is_closed:
            return exchange
        async with self._opening:
            if self._exchange is None or self._exchange.channel.is_closed:
                await self.close()
                self._exchange = await self._open()
            return self._exchange

    async def _open(self) -> AbstractExchange:
        self._connection = await connect(self._amqp_url, name=f"{self._name}-relay")
        try:
            return await declare_exchange(await open_channel(self._connection))
        except (AMQPError, OSError, TimeoutError, RuntimeError) as error:
            raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error

    async def _drop(self, exchange: AbstractExchange) -> None:
        """Give up the connection `exchange` belongs to, unless another call has replaced it."""
        if self._exchange is exchange:
            await self.close()
