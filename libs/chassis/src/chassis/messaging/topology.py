"""Exchanges and queues. Declared by whoever needs them; declaring twice changes nothing.

All messages go to one topic exchange; each consumer has a durable quorum queue bound to its
message types, and a dead letter queue beside it.
"""

from collections.abc import Sequence

from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue, ExchangeType
from aiormq.abc import ArgumentsType as Arguments

EXCHANGE = "rowlock"
DEAD_EXCHANGE = "rowlock.dead"
DECLARE_TIMEOUT_S = 10.0
# Looking at a dead letter returns it to its queue, which counts as a delivery. RabbitMQ 4
# would drop it after 20 of them; "unlimited" cannot be said in a way that 3.10 accepts too.
DEAD_DELIVERY_LIMIT = 1_000_000_000


def dead_queue_name(consumer: str) -> str:
    """The dead letter queue of a consumer."""
    return f"{consumer}.dead"


async def declare_exchange(channel: AbstractChannel) -> AbstractExchange:
    """The exchange all messages are published to."""
    return await channel.declare_exchange(
        EXCHANGE, ExchangeType.TOPIC, durable=True, timeout=DECLARE_TIMEOUT_S
    )


async def declare_consumer(
    channel: AbstractChannel, *, consumer: str, message_types: Sequence[str], delivery_limit: int | None
) -> None:
    """A consumer's queues and bindings; the dead letter queue first, so nothing can fall between.

    With `delivery_limit` None the queue must exist and is taken as it is. Raises
    ChannelPreconditionFailed when it exists with other arguments.
    """
    exchange = await declare_exchange(channel)
    await declare_dead_queue(channel, consumer=consumer)
    queue = await channel.declare_queue(
        consumer,
        durable=True,
        passive=delivery_limit is None,
        arguments=None if delivery_limit is None else queue_arguments(consumer, delivery_limit),
        timeout=DECLARE_TIMEOUT_S,
    )
    for message_type in message_types:
        await queue.bind(exchange, message_type, timeout=DECLARE_TIMEOUT_S)


async def declare_dead_queue(channel: AbstractChannel, *, consumer: str) -> AbstractQueue:
    """Where this consumer's dead letters wait for an operator."""
    exchange = await channel.declare_exchange(
        DEAD_EXCHANGE, ExchangeType.DIRECT, durable=True, timeout=DECLARE_TIMEOUT_S
    )
    queue = await channel.declare_queue(
        dead_queue_name(consumer),
        durable=True,
        arguments=dead_queue_arguments(),
        timeout=DECLARE_TIMEOUT_S,
    )
    await queue.bind(exchange, consumer, timeout=DECLARE_TIMEOUT_S)
    return queue


def dead_queue_arguments() -> Arguments:
    """Arguments of a dead letter queue."""
    return {"x-queue-type": "quorum", "x-delivery-limit": DEAD_DELIVERY_LIMIT}


def queue_arguments(consumer: str, delivery_limit: int) -> Arguments:
    """Arguments of a consumer's queue, valid on RabbitMQ 3.10 and 4."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": delivery_limit,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-routing-key": consumer,
        # The default strategy may lose a dead letter when a broker node dies while moving it.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
