"""A consumer: one queue, its subscriptions, and the supervision that keeps it consuming."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelPreconditionFailed

from chassis.backoff import backoff_s
from chassis.database import Database
from chassis.inbox import Inbox
from chassis.logs import get_logger
from chassis.messaging.connection import broker_errors, close_quietly, connect, open_channel
from chassis.messaging.consumer_metrics import CONSUMING
from chassis.messaging.delivery import Deliveries
from chassis.messaging.queue_depths import QueueDepths
from chassis.messaging.subscription import Subscription
from chassis.messaging.topology import declare_consumer
from chassis.publishing import BrokerUnavailable

RECONNECT_DELAY_S = 0.2
RECONNECT_DELAY_S_MAX = 5.0
WATCH_EVERY_S = 5.0
ANSWER_TIMEOUT_S = 5.0

log = get_logger()


class ConsumerLost(Exception):
    """The broker no longer delivers to us; the reason is the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerContext:
    """What the worker gives its consumers."""

    amqp_url: str
    db: Database
    inbox: Inbox
    prefetch: int
    delivery_limit: int
    access_log: bool = True


class Consumer:
    """Handles the messages of queue `name`, up to `prefetch` at once (default: the setting).

    `run` never ends by itself: whatever happens to the connection, the channel, the queue or
    the consumer, it starts over, and `consuming` is False meanwhile (so readiness fails).
    """

    def __init__(self, name: str, subscriptions: Sequence[Subscription], prefetch: int | None = None) -> None:
        self.name = name
        self._subscriptions = {item.message_type: item for item in subscriptions}
        self._prefetch = prefetch
        self._stopping = asyncio.Event()
        self._deliveries: Deliveries | None = None
        self._consuming = False

    @property
    def consuming(self) -> bool:
        """Whether the broker delivers to us, as far as we know."""
        return self._consuming

    @consuming.setter
    def consuming(self, value: bool) -> None:
        self._consuming = value
        CONSUMING.labels(self.name).set(value)

    @property
    def message_types(self) -> list[str]:
        """The types this consumer's queue is bound to."""
        return list(self._subscriptions)

    async def run(self, context: ConsumerContext) -> None:
        """Consume until `stop`."""
        deliveries = Deliveries(
            consumer=self.name,
            subscriptions=self._subscriptions,
            db=context.db,
            inbox=context.inbox,
            concurrency=self._prefetch or context.prefetch,
            delivery_limit=context.delivery_limit,
            access_log=context.access_log,
        )
        self._deliveries = deliveries
        self.consuming = False
        failures = 0
        while not self._stopping.is_set():
            try:
                await self._consume(context, deliveries)
            except (BrokerUnavailable, ConsumerLost) as error:
                log.warning("consumer_lost", consumer=self.name, error=f"{type(error).__name__}: {error}")
            failures = 1 if self.consuming else failures + 1
            self.consuming = False
            await self._pause(failures)

    async def stop(self, *, timeout_s: float) -> None:
        """Take no more messages and let running handlers end, at most `timeout_s`."""
        self._stopping.set()
        if self._deliveries is not None:
            await self._deliveries.drain(timeout_s=timeout_s)

    async def _pause(self, failures: int) -> None:
        delay_s = backoff_s(failures, first_s=RECONNECT_DELAY_S, most_s=RECONNECT_DELAY_S_MAX)
        try:
            await asyncio.wait_for(self._stopping.wait(), delay_s)
        except TimeoutError:
            return

    async def _consume(self, context: ConsumerContext, deliveries: Deliveries) -> None:
        """Declare, consume and watch; returns when asked to stop, else raises why it ended."""
        connection = await connect(context.amqp_url, name=self.name)
        try:
            with broker_errors():
                channel = await self.declare(connection, delivery_limit=context.delivery_limit)
                await channel.set_qos(prefetch_count=deliveries.concurrency)
                queue = await channel.get_queue(self.name, ensure=False)
                lost = await _loss_of(channel)
                tag = await queue.consume(deliveries.accept, timeout=ANSWER_TIMEOUT_S)
                self.consuming = True
                log.info("consumer_started", consumer=self.name)
                await self._watch(channel, lost, QueueDepths(connection, consumer=self.name))
                await queue.cancel(tag, timeout=ANSWER_TIMEOUT_S)
                await deliveries.drained()
        finally:
            await close_quietly(connection)

    async def declare(self, connection: AbstractConnection, *, delivery_limit: int) -> AbstractChannel:
        """Make sure the queue exists and is bound; answers a channel. Raises what aiormq does."""
        channel = await open_channel(connection, confirms=False)
        try:
            await self._declare(channel, delivery_limit)
        except ChannelPreconditionFailed as error:
            # Arguments of a queue cannot change. Better the old ones than no consumer.
            log.warning("queue_arguments_differ", consumer=self.name, error=str(error))
            channel = await open_channel(connection, confirms=False)
            await self._declare(channel, None)
        return channel

    async def _declare(self, channel: AbstractChannel, delivery_limit: int | None) -> None:
        await declare_consumer(
            channel, consumer=self.name, message_types=self.message_types, delivery_limit=delivery_limit
        )

    async def _watch(
        self, channel: AbstractChannel, lost: "asyncio.Future[str]", depths: QueueDepths
    ) -> None:
        stopping = asyncio.ensure_future(self._stopping.wait())
        both = {stopping, lost}
        try:
            while not self._stopping.is_set():
                await asyncio.wait(both, timeout=WATCH_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                if lost.done():
                    raise ConsumerLost(lost.result())
                await depths.look(waiting=await self._ask_broker(channel))
        finally:
            stopping.cancel()

    async def _ask_broker(self, channel: AbstractChannel) -> int:
        """Nobody told us, but is the queue there and somebody consuming it? Costs one small
        question every few seconds; it finds what the library or the broker forgot to say.
        Answers how many messages wait there.
        """
        answer = await channel.declare_queue(self.name, passive=True, timeout=ANSWER_TIMEOUT_S)
        if answer.declaration_result.consumer_count == 0:
            raise ConsumerLost("the broker knows no consumer of the queue")
        return answer.declaration_result.message_count or 0


async def declare_queues(consumers: Sequence[Consumer], *, amqp_url: str, delivery_limit: int) -> None:
    """Make the consumers' queues without consuming. Raises BrokerUnavailable.

    Of a message with two consumers the broker confirms what reached one queue: the other must
    exist before the first message is published.
    """
    connection = await connect(amqp_url, name="declare-queues")
    try:
        with broker_errors():
            for consumer in consumers:
                await consumer.declare(connection, delivery_limit=delivery_limit)
    finally:
        await close_quietly(connection)


async def _loss_of(channel: AbstractChannel) -> "asyncio.Future[str]":
    """Resolves, with the reason, when the broker stops delivering on this channel."""
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def tell(reason: str) -> None:
        if not lost.done():
            lost.set_result(reason)

    underlay = await channel.get_underlay_channel()
    # Sent when the queue is deleted or moves with its node; aio-pika's own layer keeps quiet.
    underlay.on_consumer_cancel_callbacks.add(lambda _frame: tell("the broker cancelled the consumer"))
    channel.close_callbacks.add(lambda _channel, error: tell(f"the channel closed: {error!r}"))
    return lost
