"""Each message has one effect, whatever happens to the consumer, the queue or the broker."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import patch

import aio_pika
import pytest
from sqlalchemy import text

from chassis.clock import utc_now
from chassis.envelope import Envelope, MessageMeta
from chassis.ids import new_id
from chassis.internal_client import ServiceUnavailable
from chassis.messaging import Consumer, declare_queues, on
from chassis.messaging.consumer import ConsumerContext
from chassis.messaging.dead_letters import DeadLetter, list_dead_letters, replay_dead_letters
from support.waiting import wait_until


class Handler:
    """Writes a parcel for each message; fails as often as told."""

    def __init__(self, table) -> None:
        self.table = table
        self.calls: list[Any] = []
        self.failures = 0
        self.error: Callable[[], Exception] = ZeroDivisionError
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, tx, message, meta, **prepared: Any) -> None:
        self.calls.append((message, meta, prepared))
        await tx.execute(self.table.insert(), {"name": str(message.parcel_id), "weight": message.weight})
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise self.error()


@pytest.fixture
def handler(parcels) -> Handler:
    return Handler(parcels)


@pytest.fixture
async def start(
    db, inbox, amqp_url, consumer_name, message_class, handler
) -> AsyncIterator[Callable[..., Any]]:
    """Start a consumer of `message_class`; wait until it consumes; stop it at the end."""
    started: list[tuple[Consumer, asyncio.Task[None]]] = []

    async def start(
        *, url: str = amqp_url, delivery_limit: int = 3, prefetch: int = 8, database=db, **subscription
    ):
        consumer = Consumer(consumer_name, [on(message_class, handler, **subscription)], prefetch=prefetch)
        context = ConsumerContext(
            amqp_url=url, db=database, inbox=inbox, prefetch=16, delivery_limit=delivery_limit
        )
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
    async def send(weight: Any = 1, message_id: uuid.UUID | None = None, **data: Any) -> uuid.UUID:
        parcel_id = uuid.uuid4()
        meta = MessageMeta(
            message_id=message_id or new_id(),
            message_type=message_class.message_type,
            aggregate_id=str(parcel_id),
            aggregate_version=7,
            time=utc_now(),
            source="/parcels",
        )
        await broker.publish(
            Envelope(meta=meta, data={"parcel_id": str(parcel_id), "weight": weight, **data})
        )
        return parcel_id

    return send


@pytest.fixture
def parcel_count(db):
    async def count() -> int:
        async with db.snapshot() as connection:
            return (await connection.execute(text("SELECT count(*) FROM parcels"))).scalar_one()

    return count


@pytest.fixture
def dead(amqp_url, consumer_name):
    async def dead() -> list[DeadLetter]:
        return await list_dead_letters(amqp_url=amqp_url, consumer=consumer_name)

    return dead


async def _queue_length(amqp_url: str, queue: str) -> int | None:
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count


async def test_a_message_has_its_effect_and_is_acknowledged(
    start, send, handler, parcel_count, amqp_url, consumer_name
):
    consumer = await start()
    parcel_id = await send()
    await wait_until(parcel_count)
    [(message, meta, prepared)] = handler.calls
    assert (message.parcel_id, meta.aggregate_version, prepared) == (parcel_id, 7, {})
    await consumer.stop(timeout_s=2)
    await asyncio.sleep(0.2)
    assert await _queue_length(amqp_url, consumer_name) == 0


async def test_a_message_that_comes_twice_has_one_effect(start, send, handler, parcel_count):
    await start()
    message_id = new_id()
    for _ in range(2):
        await send(message_id=message_id)
    await send()
    await wait_until(lambda: len(handler.calls) >= 2)
    await asyncio.sleep(0.2)
    assert len(handler.calls) == 2
    assert await parcel_count() == 2


async def test_the_same_message_at_the_same_time_has_one_effect(start, send, handler, parcel_count):
    await start()
    handler.gate.clear()
    message_id = new_id()
    for _ in range(5):
        await send(message_id=message_id)
    await wait_until(lambda: handler.calls)
    await asyncio.sleep(0.2)
    handler.gate.set()
    await wait_until(parcel_count)
    await asyncio.sleep(0.3)
    assert (len(handler.calls), await parcel_count()) == (1, 1)


async def test_a_failure_rolls_back_and_is_tried_again(start, send, handler, parcel_count, dead):
    await start(delivery_limit=5)
    handler.failures = 2
    await send()
    await wait_until(parcel_count)
    assert len(handler.calls) == 3
    assert await parcel_count() == 1
    assert await dead() == []


async def test_a_message_that_always_fails_becomes_a_dead_letter_and_can_be_replayed(
    start, send, handler, parcel_count, dead, amqp_url, consumer_name
):
    await start(delivery_limit=3)
    handler.failures = 1000
    parcel_id = await send()
    [letter] = await wait_until(dead)
    assert 3 <= len(handler.calls) <= 4
    assert (letter.consumer, letter.aggregate_id) == (consumer_name, str(parcel_id))
    assert letter.reason in ("rejected", "delivery_limit")
    assert await parcel_count() == 0

    handler.failures = 0
    assert await replay_dead_letters(amqp_url=amqp_url, consumer=consumer_name, message_id="another") == 0
    assert await replay_dead_letters(amqp_url=amqp_url, consumer=consumer_name) == 1
    await wait_until(parcel_count)
    assert await dead() == []


async def test_looking_at_dead_letters_often_keeps_them(start, send, handler, dead):
    await start(delivery_limit=1)
    handler.failures = 1000
    for _ in range(3):
        await send()
    await wait_until(lambda: _has(dead, 3))
    for _ in range(25):
        assert len(await dead()) == 3


async def _has(dead, count: int) -> bool:
    return len(await dead()) == count


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"id": 1}', b"\xff\xfe", b"[" * 100_000])
async def test_an_unreadable_body_is_a_dead_letter_at_once(
    start, handler, dead, body, amqp_url, message_class
):
    await start()
    await _publish(amqp_url, message_class.message_type, body)
    [letter] = await wait_until(dead)
    assert (letter.reason, letter.deliveries) == ("rejected", 1)
    assert handler.calls == []


async def test_a_body_whose_reading_fails_as_nobody_foresaw_is_a_dead_letter_at_once(
    start, send, handler, dead
):
    await start()
    with patch.object(Envelope, "from_json", side_effect=ZeroDivisionError) as reading:
        await send()
        await wait_until(lambda: reading.called)
    [letter] = await wait_until(dead)
    assert (letter.reason, letter.deliveries) == ("rejected", 1)
    assert handler.calls == []


async def test_data_that_does_not_fit_is_a_dead_letter_at_once(start, send, handler, dead):
    await start()
    await send(weight="heavy")
    await wait_until(dead)
    assert handler.calls == []


async def test_unknown_fields_are_ignored(start, send, parcel_count):
    await start()
    await send(added_in_a_later_version=True)
    await wait_until(parcel_count)


async def test_a_type_this_version_does_not_know_waits_as_a_dead_letter(
    start, handler, dead, amqp_url, consumer_name
):
    await start()
    meta = MessageMeta(
        message_id=new_id(),
        message_type="new.v1",
        aggregate_id="a",
        aggregate_version=None,
        time=utc_now(),
        source="/x",
    )
    await _publish(amqp_url, consumer_name, Envelope(meta=meta, data={}).to_json(), exchange="")
    await wait_until(dead)
    assert handler.calls == []


async def _publish(amqp_url: str, routing_key: str, body: bytes, exchange: str = "rowlock") -> None:
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        target = await channel.get_exchange(exchange) if exchange else channel.default_exchange
        await target.publish(aio_pika.Message(body), routing_key)


async def test_what_before_found_reaches_the_handler_and_runs_outside_the_transaction(
    start, send, handler, db
):
    seen = []

    async def before(message) -> str:
        seen.append(db.engine.pool.checkedout())
        return f"plan of {message.parcel_id}"

    await start(before=before)
    parcel_id = await send()
    await wait_until(lambda: handler.calls)
    assert handler.calls[0][2] == {"prepared": f"plan of {parcel_id}"}
    assert seen == [0]


async def test_messages_are_handled_side_by_side_up_to_the_prefetch(start, send, handler, parcel_count):
    await start(prefetch=4)
    handler.gate.clear()
    for _ in range(10):
        await send()
    await wait_until(lambda: len(handler.calls) == 4)
    await asyncio.sleep(0.2)
    assert len(handler.calls) == 4
    handler.gate.set()
    await wait_until(lambda: _equals(parcel_count, 10))


async def _equals(count, expected: int) -> bool:
    return await count() == expected


async def test_database_trouble_is_waited_out_and_burns_no_delivery(
    start, send, handler, parcel_count, dead, proxied_database_url, database_proxy
):
    from chassis.database import Database

    consumers_db = Database(proxied_database_url, pool_wait_s=1)
    await start(delivery_limit=1, database=consumers_db)
    await database_proxy.refuse()
    await send()
    await asyncio.sleep(1)
    assert await dead() == []
    await database_proxy.open()
    await wait_until(parcel_count)
    assert (len(handler.calls), await dead()) == (1, [])
    await consumers_db.close()


async def test_a_service_that_is_away_is_waited_for_and_burns_no_delivery(
    start, send, handler, parcel_count, dead
):
    asked = 0

    async def before(_message) -> str:
        nonlocal asked
        asked += 1
        if asked <= 4:
            raise ServiceUnavailable("http://plans")
        return "plan"

    await start(delivery_limit=2, before=before)
    await send()
    await wait_until(lambda: asked > 4, what="being asked more often than the delivery limit")
    await wait_until(parcel_count)
    assert (asked, len(handler.calls), await dead()) == (5, 1, [])


async def test_a_consumer_that_waits_for_a_service_gives_its_message_back_when_it_stops(
    start, send, amqp_url, consumer_name
):
    asked = asyncio.Event()

    async def before(_message) -> None:
        asked.set()
        raise ServiceUnavailable("http://plans")

    consumer = await start(before=before)
    await send()
    await asyncio.wait_for(asked.wait(), 10)
    await asyncio.wait_for(consumer.stop(timeout_s=60), 10)
    await wait_until(lambda: _queue_length(amqp_url, consumer_name))


async def test_a_consumer_survives_lost_connections(start, send, parcel_count, proxied_amqp_url, amqp_proxy):
    consumer = await start(url=proxied_amqp_url)
    for round_ in range(1, 4):
        await amqp_proxy.refuse()
        await wait_until(lambda: not consumer.consuming, what="noticing the loss")
        await send()
        await amqp_proxy.open()
        await wait_until(lambda: consumer.consuming)
        await wait_until(lambda count=round_: _equals(parcel_count, count))


async def test_a_handler_on_its_way_when_the_connection_is_lost_has_one_effect(
    start, send, handler, parcel_count, proxied_amqp_url, amqp_proxy
):
    consumer = await start(url=proxied_amqp_url)
    handler.gate.clear()
    await send()
    await wait_until(lambda: handler.calls)
    amqp_proxy.cut()
    await wait_until(lambda: not consumer.consuming)
    await wait_until(lambda: consumer.consuming)
    handler.gate.set()
    await wait_until(parcel_count)
    await asyncio.sleep(0.3)
    assert (len(handler.calls), await parcel_count()) == (1, 1)


async def test_a_deleted_queue_fails_readiness_and_is_declared_again(
    start, send, parcel_count, amqp_url, consumer_name
):
    consumer = await start()
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await channel.queue_delete(consumer_name)
    await wait_until(lambda: not consumer.consuming, what="noticing the loss", poll_ms=2)
    await wait_until(lambda: consumer.consuming)
    await send()
    await wait_until(parcel_count)


async def test_a_consumer_that_vanished_without_a_word_is_noticed(start, send, parcel_count, monkeypatch):
    monkeypatch.setattr("chassis.messaging.consumer.WATCH_EVERY_S", 0.1)
    monkeypatch.setattr("chassis.messaging.connection.CLOSE_TIMEOUT_S", 0.2)
    channels = []
    from chassis.messaging import consumer as module

    loss_of = module._loss_of

    async def remember(channel):
        channels.append(channel)
        return await loss_of(channel)

    monkeypatch.setattr(module, "_loss_of", remember)
    consumer = await start()
    underlay = await channels[0].get_underlay_channel()
    for tag in list(underlay.consumers):
        await underlay.basic_cancel(tag)
    await wait_until(lambda: not consumer.consuming, what="noticing the loss", poll_ms=2)
    await wait_until(lambda: consumer.consuming)
    await send()
    await wait_until(parcel_count)


async def test_a_queue_with_other_arguments_is_used_as_it_is(start, send, parcel_count):
    first = await start(delivery_limit=3)
    await first.stop(timeout_s=1)
    await asyncio.sleep(0.3)
    await start(delivery_limit=5)
    await send()
    await wait_until(parcel_count)


async def test_stopping_lets_the_running_handler_end(
    start, send, handler, parcel_count, amqp_url, consumer_name
):
    consumer = await start()
    handler.gate.clear()
    await send()
    await wait_until(lambda: handler.calls)
    stopping = asyncio.create_task(consumer.stop(timeout_s=5))
    await asyncio.sleep(0.2)
    assert not stopping.done()
    handler.gate.set()
    await stopping
    assert await parcel_count() == 1
    await wait_until(lambda: _no_messages(amqp_url, consumer_name))


async def _no_messages(amqp_url: str, queue: str) -> bool:
    return await _queue_length(amqp_url, queue) == 0


async def test_a_message_sent_before_its_consumer_ever_ran_waits_in_the_declared_queue(
    start, send, amqp_url, consumer_name, message_class, handler, parcel_count
):
    consumer = Consumer(consumer_name, [on(message_class, handler)])
    await declare_queues([consumer], amqp_url=amqp_url, delivery_limit=3)
    await declare_queues([consumer], amqp_url=amqp_url, delivery_limit=3)  # twice changes nothing
    await send()

    await start()
    await wait_until(parcel_count, deadline_s=10)
