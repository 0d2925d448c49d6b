"""What happens to one delivery: exactly one effect, then an ack; or a retry; or a dead letter."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from chassis import failpoints
from chassis.backoff import backoff_s
from chassis.database import Database, Transaction
from chassis.database_errors import is_transient
from chassis.envelope import Envelope
from chassis.inbox import Inbox
from chassis.internal_client import ServiceUnavailable
from chassis.logs import get_logger
from chassis.message_spans import processing
from chassis.messaging.connection import broker_errors
from chassis.messaging.consumer_metrics import DeliveryMetrics
from chassis.messaging.subscription import MessageInvalid, Subscription
from chassis.publishing import BrokerUnavailable

RETRY_DELAY_S = 0.1
RETRY_DELAY_S_MAX = 5.0
COUNT_HEADERS = ("x-delivery-count", "x-acquired-count")

log = get_logger()


class TypeUnknown(Exception):
    """No subscription for this type: a newer or older version of us bound it. A dead letter,
    not an ack, so that it can be replayed once the version that knows it runs.
    """


class Deliveries:
    """Runs the handlers of one consumer, at most `concurrency` at once.

    The handlers are tasks of our own. Tasks of the channel would be cancelled with it, in the
    middle of a commit; ours end in peace, and the inbox makes the redelivery harmless.
    """

    def __init__(
        self,
        *,
        consumer: str,
        subscriptions: Mapping[str, Subscription],
        db: Database,
        inbox: Inbox,
        concurrency: int,
        delivery_limit: int,
        access_log: bool = True,
    ) -> None:
        self._consumer = consumer
        self._subscriptions = subscriptions
        self._db = db
        self._inbox = inbox
        self._delivery_limit = delivery_limit
        self._access_log = access_log
        self._metrics = DeliveryMetrics(consumer)
        self._free = asyncio.Semaphore(concurrency)
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False
        self.concurrency = concurrency

    async def accept(self, message: AbstractIncomingMessage) -> None:
        """Start handling a delivery; returns at once."""
        task = asyncio.get_running_loop().create_task(self._settle(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self, *, timeout_s: float) -> None:
        """Let running handlers end; those that take longer are cancelled and redelivered."""
        self._closing = True
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=timeout_s)
            for task in late:
                task.cancel()

    async def drained(self) -> None:
        """Wait until no handler runs."""
        if self._running:
            await asyncio.wait(self._running)

    async def _settle(self, message: AbstractIncomingMessage) -> None:
        async with self._free:
            try:
                envelope = Envelope.from_json(message.body)
            except Exception as error:  # noqa: BLE001 -- unsettled, it would keep its place of the prefetch
                await self._give_up(message, error)
                return
            with processing(envelope.meta, consumer=self._consumer) as span:
                try:
                    await self._handle(envelope)
                except (MessageInvalid, TypeUnknown) as error:
                    span.failed(type(error).__qualname__)
                    await self._give_up(message, error)
                except Exception as error:  # noqa: BLE001 -- whatever a handler raises is retried
                    span.failed(type(error).__qualname__)
                    await self._fail(message, error)
                else:
                    failpoints.reach("inbox.committed")
                    await _answer(message.ack())

    async def _give_up(self, message: AbstractIncomingMessage, error: Exception) -> None:
        """A message that no retry can make readable is a dead letter at once."""
        self._log("message_unreadable", message, error)
        self._metrics.failed(is_dead=True)
        await _answer(message.reject(requeue=False))

    async def _handle(self, envelope: Envelope) -> None:
        subscription = self._subscriptions.get(envelope.meta.message_type)
        if subscription is None:
            raise TypeUnknown(envelope.meta.message_type)
        content = subscription.read(envelope)
        began_at = time.perf_counter()
        try:
            is_new = await self._patiently(subscription, content, envelope)
        finally:
            self._metrics.took(began_at)
        self._metrics.handled(is_new=is_new, told_at=envelope.meta.time)
        if self._access_log:
            log.info(
                "message_handled",
                consumer=self._consumer,
                message_type=envelope.meta.message_type,
                message_id=str(envelope.meta.message_id),
                is_new=is_new,
                ms=round((time.perf_counter() - began_at) * 1000, 1),
            )

    async def _patiently(self, subscription: Subscription, content: Any, envelope: Envelope) -> bool:
        """What is away comes back: wait here for it to do so, rather than burn deliveries."""
        attempt = 0
        while True:
            try:
                return await self._effect_once(subscription, content, envelope)
            except Exception as error:
                waiting = _waiting(error)
                if self._closing or waiting is None:
                    raise
                log.warning(waiting, consumer=self._consumer, error=type(error).__name__)
            attempt += 1
            await asyncio.sleep(backoff_s(attempt, first_s=RETRY_DELAY_S, most_s=RETRY_DELAY_S_MAX))

    async def _effect_once(self, subscription: Subscription, content: Any, envelope: Envelope) -> bool:
        """False when it was had before."""
        prepared = await subscription.prepare(content)

        async def work(tx: Transaction) -> bool:
            meta = envelope.meta
            is_new = await self._inbox.is_new(tx, consumer=self._consumer, message_id=meta.message_id)
            if is_new:
                await subscription.handle(tx, content, meta, prepared)
            return is_new

        return await self._db.run(work)

    async def _fail(self, message: AbstractIncomingMessage, error: Exception) -> None:
        deliveries = delivery_count(message)
        is_dead = deliveries >= self._delivery_limit
        self._log("message_failed", message, error, delivery=deliveries)
        self._metrics.failed(is_dead=is_dead)
        if is_dead:
            # The queue's own limit says the same; brokers differ in what they count.
            await _answer(message.reject(requeue=False))
            return
        if not self._closing:
            await asyncio.sleep(backoff_s(deliveries, first_s=RETRY_DELAY_S, most_s=RETRY_DELAY_S_MAX))
        await _answer(message.nack(requeue=True))

    def _log(self, event: str, message: AbstractIncomingMessage, error: Exception, **facts: Any) -> None:
        log.error(
            event,
            consumer=self._consumer,
            message_id=message.message_id,
            message_type=message.routing_key,
            exc_info=error if event == "message_failed" else None,
            error=type(error).__name__,
            **facts,
        )


def _waiting(error: Exception) -> str | None:
    """How the log calls waiting for what is away; None for an error that waiting does not cure."""
    if isinstance(error, ServiceUnavailable):
        return "consumer_waits_for_service"
    return "consumer_waits_for_database" if is_transient(error) else None


def delivery_count(message: AbstractIncomingMessage) -> int:
    """Which delivery of the message this is, from 1, as far as the broker tells."""
    counts = [message.headers.get(name, 0) for name in COUNT_HEADERS]
    return 1 + max(int(count) for count in counts if isinstance(count, int))


async def _answer(answer: Any) -> None:
    """Settle a delivery; without its channel the broker redelivers, and the inbox copes."""
    try:
        with broker_errors():
            await answer
    except BrokerUnavailable as error:
        log.info("settlement_lost", error=str(error))
