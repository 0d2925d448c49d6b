"""What became of messages, how late they were, and how many wait, are told by consumer."""

import asyncio
import uuid
from datetime import timedelta

import aio_pika
import pytest

from chassis.clock import utc_now
from chassis.envelope import Envelope, MessageMeta
from chassis.ids import new_id
from chassis.messaging import Consumer, on
from chassis.messaging import consumer as consuming
from chassis.messaging.consumer import ConsumerContext
from chassis.messaging.queue_depths import GOOD_FOR_S
from chassis.relay import Relay
from support.metrics import Figures, Rise
from support.waiting import wait_until


class Handler:
    """Waits at its gate, and fails as often as told."""

    def __init__(self) -> None:
        self.failures = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, tx, message, meta) -> None:
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise ZeroDivisionError


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
async def start(db, inbox, amqp_url, consumer_name, message_class, handler, monkeypatch):
    """Start the consumer, which looks at its queues often."""
    monkeypatch.setattr(consuming, "WATCH_EVERY_S", 0.1)
    started = []

    async def start(*, url: str = amqp_url, prefetch: int = 8) -> Consumer:
        consumer = Consumer(consumer_name, [on(message_class, handler)], prefetch=prefetch)
        context = ConsumerContext(amqp_url=url, db=db, inbox=inbox, prefetch=16, delivery_limit=2)
        started.append((consumer, asyncio.create_task(consumer.run(context))))
        await wait_until(lambda: consumer.consuming)
        return consumer

    yield start
    handler.gate.set()
    for consumer, task in started:
        await consumer.stop(timeout_s=2)
        await asyncio.wait_for(task, 10)


@pytest.fixture
def send(broker, message_class):
    async def send(*, weight: object = 1, message_id: uuid.UUID | None = None, age_s: float = 0) -> None:
        parcel_id = uuid.uuid4()
        meta = MessageMeta(
            message_id=message_id or new_id(),
            message_type=message_class.message_type,
            aggregate_id=str(parcel_id),
            aggregate_version=7,
            time=utc_now() - timedelta(seconds=age_s),
            source="/parcels",
        )
        await broker.publish(Envelope(meta=meta, data={"parcel_id": str(parcel_id), "weight": weight}))

    return send


@pytest.fixture
def outcomes(consumer_name):
    """By outcome, of this consumer alone: its name is of this test's own."""
    return lambda: {
        word: number
        for word, number in Figures()
        .by("outcome", "rowlock_consumer_messages_total", consumer=consumer_name)
        .items()
        if number
    }


async def test_a_message_that_had_its_effect_is_handled(start, send, outcomes):
    await start()
    await send()
    await wait_until(lambda: outcomes() == {"handled": 1})


async def test_one_that_had_its_effect_before_is_repeated(start, send, outcomes):
    await start()
    message_id = new_id()
    for _ in range(2):
        await send(message_id=message_id)
    await wait_until(lambda: outcomes() == {"handled": 1, "repeated": 1})


async def test_one_that_failed_is_retried_until_it_is_handled(start, send, handler, outcomes):
    handler.failures = 1
    await start()
    await send()
    await wait_until(lambda: outcomes() == {"retried": 1, "handled": 1})


async def test_one_that_fails_to_the_end_or_cannot_be_read_is_a_dead_letter(
    start, send, handler, outcomes, consumer_name
):
    handler.failures = 2
    await start()
    await send()
    await wait_until(lambda: outcomes() == {"retried": 1, "dead": 1})
    await send(weight="heavy")
    await wait_until(lambda: outcomes() == {"retried": 1, "dead": 2})
    await wait_until(lambda: Figures().value("rowlock_dead_letters", consumer=consumer_name) == 2)


async def test_how_late_a_message_was_and_how_long_its_handler_took_are_told(
    start, send, handler, consumer_name, outcomes
):
    handler.gate.clear()
    await start()
    await send(age_s=40)
    await asyncio.sleep(0.3)
    handler.gate.set()
    await wait_until(lambda: outcomes() == {"handled": 1})
    now = Figures()
    assert 40 < (now.value("rowlock_consumer_lag_seconds_sum", consumer=consumer_name) or 0) < 50
    assert now.value("rowlock_consumer_lag_seconds_bucket", consumer=consumer_name, le="30.0") == 0
    assert 0.25 < (now.value("rowlock_consumer_handling_seconds_sum", consumer=consumer_name) or 0) < 5


async def test_messages_that_nobody_has_taken_yet_are_counted_in_their_queue(
    start, send, handler, consumer_name
):
    handler.gate.clear()
    await start(prefetch=1)
    for _ in range(4):
        await send()
    await wait_until(lambda: Figures().value("rowlock_queue_messages", consumer=consumer_name) == 3)
    handler.gate.set()
    await wait_until(lambda: Figures().value("rowlock_queue_messages", consumer=consumer_name) == 0)
    assert Figures().value("rowlock_dead_letters", consumer=consumer_name) == 0


async def test_whether_the_broker_delivers_is_told(start, proxied_amqp_url, amqp_proxy, consumer_name):
    def told() -> float | None:
        return Figures().value("rowlock_consuming", consumer=consumer_name)

    await start(url=proxied_amqp_url)
    assert told() == 1
    await amqp_proxy.refuse()
    await wait_until(lambda: told() == 0)
    await amqp_proxy.open()
    await wait_until(lambda: told() == 1)


async def test_the_depth_of_a_queue_is_not_told_any_more_while_the_broker_is_away(
    start, proxied_amqp_url, amqp_proxy, consumer_name, monkeypatch
):
    monkeypatch.setattr("chassis.messaging.queue_depths.GOOD_FOR_S", 0.5)
    assert GOOD_FOR_S > 2 * consuming.WATCH_EVERY_S

    def told() -> float | None:
        return Figures().value("rowlock_queue_messages", consumer=consumer_name)

    await start(url=proxied_amqp_url)
    await wait_until(lambda: told() == 0)
    await amqp_proxy.refuse()
    await wait_until(lambda: told() is None)


async def test_a_dead_letter_queue_that_somebody_deleted_does_not_end_the_consumer(
    start, send, outcomes, amqp_url, consumer_name, monkeypatch
):
    monkeypatch.setattr("chassis.messaging.queue_depths.GOOD_FOR_S", 0.5)
    consumer = await start()
    await wait_until(lambda: Figures().value("rowlock_dead_letters", consumer=consumer_name) == 0)
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await channel.queue_delete(f"{consumer_name}.dead")
    await wait_until(lambda: Figures().value("rowlock_dead_letters", consumer=consumer_name) is None)
    await send()
    await wait_until(lambda: outcomes() == {"handled": 1})
    assert consumer.consuming
    assert Figures().value("rowlock_queue_messages", consumer=consumer_name) == 0


async def test_messages_that_the_broker_confirmed_are_counted_by_type(
    db, outbox, broker, message_class, start
):
    await start()
    rise = Rise()
    async with db.transaction() as tx:
        await outbox.enqueue(tx, *(message_class(parcel_id=uuid.uuid4(), weight=1) for _ in range(3)))
    await Relay(db, outbox, broker).send_batch()
    assert rise.of("rowlock_messages_sent_total", message_type=message_class.message_type) == 3


async def test_messages_that_no_queue_takes_are_not_counted_as_sent(db, outbox, broker, message_class):
    rise = Rise()
    async with db.transaction() as tx:
        await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=1))
    await Relay(db, outbox, broker).send_batch()
    assert rise.of("rowlock_messages_sent_total") == 0
