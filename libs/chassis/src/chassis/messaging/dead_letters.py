"""Dead letters over AMQP alone: look at them, and send them back to their consumer."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from chassis.envelope import Envelope, EnvelopeInvalid
from chassis.messaging.connection import session
from chassis.messaging.topology import declare_dead_queue

GET_TIMEOUT_S = 5.0
PUBLISH_TIMEOUT_S = 5.0
LIST_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message its consumer could not handle. `reason` is RabbitMQ's: rejected, delivery_limit."""

    consumer: str
    message_id: str | None
    message_type: str | None
    aggregate_id: str | None
    reason: str | None
    deliveries: int
    died_at: datetime | None
    body: str


async def list_dead_letters(*, amqp_url: str, consumer: str, limit: int = 50) -> list[DeadLetter]:
    """The oldest `limit` (at most LIST_MAX) dead letters of a consumer; all of them stay.

    Raises BrokerUnavailable.
    """
    async with session(amqp_url, name="dead-letters") as channel:
        messages = await _take(channel, consumer=consumer, limit=min(limit, LIST_MAX))
        # Unsettled messages return to the queue, in order, when the channel closes.
        return [_read(consumer, message) for message in messages]


async def replay_dead_letters(
    *, amqp_url: str, consumer: str, limit: int = LIST_MAX, message_id: str | None = None
) -> int:
    """Send dead letters back to their consumer's queue, all or the one with `message_id`.

    A letter leaves the dead queue only after the broker confirmed it in the other one, so a
    crash can double it but not lose it; the inbox makes a double harmless. Returns how many.
    """
    async with session(amqp_url, name="dead-letters") as channel:
        messages = await _take(channel, consumer=consumer, limit=min(limit, LIST_MAX))
        chosen = [message for message in messages if message_id in (None, message.message_id)]
        for message in chosen:
            await _send_back(channel, consumer, message)
        return len(chosen)


async def _take(channel: AbstractChannel, *, consumer: str, limit: int) -> list[AbstractIncomingMessage]:
    queue = await declare_dead_queue(channel, consumer=consumer)
    messages: list[AbstractIncomingMessage] = []
    while len(messages) < limit:
        message = await queue.get(fail=False, timeout=GET_TIMEOUT_S)
        if message is None:
            break
        messages.append(message)
    return messages


async def _send_back(channel: AbstractChannel, consumer: str, message: AbstractIncomingMessage) -> None:
    copy = aio_pika.Message(
        message.body,
        message_id=message.message_id,
        type=message.type,
        content_type=message.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    async with asyncio.timeout(PUBLISH_TIMEOUT_S):
        await channel.default_exchange.publish(copy, consumer, mandatory=True)
    await message.ack()


def _read(consumer: str, message: AbstractIncomingMessage) -> DeadLetter:
    death = _last_death(message)
    try:
        aggregate_id = Envelope.from_json(message.body).meta.aggregate_id
    except EnvelopeInvalid:
        aggregate_id = None
    return DeadLetter(
        consumer=consumer,
        message_id=message.message_id,
        message_type=message.type,
        aggregate_id=aggregate_id,
        reason=death.get("reason"),
        deliveries=int(death.get("count", 1)),
        died_at=death.get("time"),
        body=message.body.decode(errors="replace"),
    )


def _last_death(message: AbstractIncomingMessage) -> dict[str, Any]:
    deaths: Any = message.headers.get("x-death")
    return dict(deaths[0]) if isinstance(deaths, list) and deaths else {}
