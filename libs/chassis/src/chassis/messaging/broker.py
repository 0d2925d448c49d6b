"""Publishing with confirms: `publish` returns when the broker has the message, or raises in time."""

import asyncio
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aiormq.exceptions import DeliveryError, PublishError

from chassis.envelope import CONTENT_TYPE, Envelope
from chassis.messaging.connection import broker_errors, close_quietly, connect, open_channel
from chassis.messaging.topology import declare_exchange
from chassis.publishing import BrokerUnavailable, PublishRefused, PublishTimedOut, PublishUnroutable

PUBLISH_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class _Session:
    connection: AbstractConnection
    channel: AbstractChannel
    exchange: AbstractExchange


class Broker:
    """Publishes to the system's exchange over one connection, opened when first needed.

    A connection that fails or falls silent is dropped; the next call opens a new one.
    """

    def __init__(
        self, amqp_url: str, *, publish_timeout_s: float = PUBLISH_TIMEOUT_S, name: str = "rowlock"
    ) -> None:
        self._amqp_url = amqp_url
        self._publish_timeout_s = publish_timeout_s
        self._name = name
        self._opening = asyncio.Lock()
        self._session: _Session | None = None

    async def connect(self) -> None:
        """Make sure there is a connection. Raises BrokerUnavailable."""
        await self._ready_session()

    async def publish(self, envelope: Envelope) -> None:
        """Raises BrokerUnavailable without a connection, PublishFailed when the broker refuses
        the message, has no queue for it, or does not confirm in time.
        """
        session = await self._ready_session()
        try:
            with broker_errors():
                await self._publish(session.exchange, envelope)
        except (PublishTimedOut, PublishRefused, BrokerUnavailable):
            # A broker that takes the bytes and says nothing is as good as gone. And a channel opened while a
            # queue of a cluster had no leader is refused for ever after, where a new one is not.
            await self._drop(session)
            raise

    async def _publish(self, exchange: AbstractExchange, envelope: Envelope) -> None:
        message_type = envelope.meta.message_type
        try:
            async with asyncio.timeout(self._publish_timeout_s):
                await exchange.publish(_amqp_message(envelope), message_type, mandatory=True)
        except TimeoutError:
            raise PublishTimedOut(f"no confirm within {self._publish_timeout_s} s") from None
        except PublishError as error:
            raise PublishUnroutable(f"no queue is bound to {message_type}") from error
        except DeliveryError as error:
            raise PublishRefused("the broker refused the message") from error

    async def close(self) -> None:
        """Close the connection."""
        session, self._session = self._session, None
        if session is not None:
            await close_quietly(session.connection)

    async def _ready_session(self) -> _Session:
        session = self._session
        if session is not None and not session.channel.is_closed:
            return session
        async with self._opening:
            if self._session is None or self._session.channel.is_closed:
                await self.close()
                self._session = await self._open()
            return self._session

    async def _open(self) -> _Session:
        connection = await connect(self._amqp_url, name=f"{self._name}-relay")
        try:
            channel = await open_channel(connection)
            with broker_errors():
                return _Session(connection, channel, await declare_exchange(channel))
        except BaseException:
            await close_quietly(connection)
            raise

    async def _drop(self, session: _Session) -> None:
        """Give up `session`, unless another call has replaced it already."""
        if self._session is session:
            await self.close()


def _amqp_message(envelope: Envelope) -> aio_pika.Message:
    return aio_pika.Message(
        envelope.to_json(),
        message_id=str(envelope.meta.message_id),
        type=envelope.meta.message_type,
        content_type=CONTENT_TYPE,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
