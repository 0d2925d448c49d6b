"""Looking at the broker without changing it: its version, whether it takes messages, how its queues are.

Over AMQP alone, so it works where the management plugin is not. What is said of a queue are the messages
that wait in it, without those that a consumer has in hand.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from chassis.messaging.connection import broker_errors, close_quietly, connect, open_channel
from chassis.messaging.consumer import Consumer
from chassis.messaging.topology import (
    DECLARE_TIMEOUT_S,
    Arguments,
    dead_queue_arguments,
    dead_queue_name,
    queue_arguments,
)

PROBE_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSight:
    """A queue and its dead letter queue; None where there is no such queue."""

    consumer: str
    messages: int | None
    consumers: int | None
    dead_letters: int | None

    @property
    def is_missing(self) -> bool:
        """Whether either of them does not exist."""
        return self.messages is None or self.dead_letters is None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSight:
    """The broker at one moment."""

    version: str
    cluster: str
    queues: Sequence[QueueSight]


async def look_at_broker(amqp_url: str, *, consumers: Sequence[str]) -> BrokerSight:
    """The broker and the queues of these consumers. Raises BrokerUnavailable."""
    connection = await connect(amqp_url, name="rowlock-status")
    try:
        with broker_errors():
            queues = [await _sight(connection, consumer) for consumer in consumers]
        return BrokerSight(**_server(connection), queues=queues)
    finally:
        await close_quietly(connection)


async def differing_queues(
    amqp_url: str, consumers: Sequence[Consumer], *, delivery_limit: int
) -> dict[str, str]:
    """Queues that exist with other arguments than ours, and the broker's word on it. Raises
    BrokerUnavailable.
    """
    connection = await connect(amqp_url, name="rowlock-doctor")
    try:
        found: dict[str, str] = {}
        with broker_errors():
            for consumer in consumers:
                wanted = {
                    consumer.name: queue_arguments(consumer.name, delivery_limit),
                    dead_queue_name(consumer.name): dead_queue_arguments(),
                }
                for queue, arguments in wanted.items():
                    if (difference := await _difference(connection, queue, arguments)) is not None:
                        found[queue] = difference
        return found
    finally:
        await close_quietly(connection)


async def takes_messages(amqp_url: str) -> bool:
    """Whether a message is confirmed in time: under an alarm of memory or disk the broker stops reading from
    whoever publishes. The message goes to a queue of this connection alone. Raises BrokerUnavailable.
    """
    connection = await connect(amqp_url, name="rowlock-doctor")
    try:
        channel = await open_channel(connection)
        with broker_errors():
            queue = await channel.declare_queue(exclusive=True, auto_delete=True, timeout=DECLARE_TIMEOUT_S)
            try:
                async with asyncio.timeout(PROBE_TIMEOUT_S):
                    await channel.default_exchange.publish(
                        aio_pika.Message(b"probe"), queue.name, mandatory=True
                    )
            except TimeoutError:
                return False
        return True
    finally:
        await close_quietly(connection)


async def _sight(connection: AbstractConnection, consumer: str) -> QueueSight:
    live, dead = await _counts(connection, consumer), await _counts(connection, dead_queue_name(consumer))
    return QueueSight(
        consumer=consumer,
        messages=live[0] if live else None,
        consumers=live[1] if live else None,
        dead_letters=dead[0] if dead else None,
    )


async def _counts(connection: AbstractConnection, queue: str) -> tuple[int, int] | None:
    """Messages and consumers; None where there is no such queue, which ends the channel that asked."""
    channel: AbstractChannel = await open_channel(connection, confirms=False)
    try:
        declared = await channel.declare_queue(queue, passive=True, timeout=DECLARE_TIMEOUT_S)
    except ChannelNotFoundEntity:
        return None
    result = declared.declaration_result
    await channel.close()
    return result.message_count or 0, result.consumer_count or 0


async def _difference(connection: AbstractConnection, queue: str, arguments: Arguments) -> str | None:
    """Why the queue is not as we would declare it; None where it is, or does not exist."""
    if await _counts(connection, queue) is None:
        return None
    channel = await open_channel(connection, confirms=False)
    try:
        await channel.declare_queue(
            queue,
            durable=True,
            arguments=arguments,
            timeout=DECLARE_TIMEOUT_S,
        )
    except ChannelPreconditionFailed as error:  # closes the channel
        return str(error.args[-1] if error.args else error)
    await channel.close()
    return None


def _server(connection: AbstractConnection) -> dict[str, str]:
    """What the broker said of itself when we connected."""
    transport = connection.transport
    told = getattr(transport and transport.connection, "server_properties", None) or {}
    return {"version": str(told.get("version", "unknown")), "cluster": str(told.get("cluster_name", ""))}
