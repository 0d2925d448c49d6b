"""What is committed reaches the broker, and nothing leaves the outbox before the broker has it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest
from sqlalchemy import text

from chassis.envelope import Envelope
from chassis.messaging.broker import Broker
from chassis.messaging.topology import EXCHANGE, declare_exchange
from chassis.publishing import BrokerUnavailable, PublishTimedOut, PublishUnroutable
from chassis.relay import Relay
from support.waiting import wait_until


@pytest.fixture
async def inbox_queue(amqp_url, message_class) -> AsyncIterator[aio_pika.abc.AbstractQueue]:
    """A queue bound to this test's message type."""
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await declare_exchange(channel)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EXCHANGE, message_class.message_type)
        yield queue


async def _enqueue(db, outbox, message_class, count: int = 1) -> list[uuid.UUID]:
    parcel_ids = [uuid.uuid4() for _ in range(count)]
    async with db.transaction() as tx:
        await outbox.enqueue(tx, *(message_class(parcel_id=i, weight=n) for n, i in enumerate(parcel_ids)))
    return parcel_ids


async def _rows(db) -> list[Any]:
    async with db.snapshot() as connection:
        return list((await connection.execute(text("SELECT * FROM outbox ORDER BY id"))).all())


async def _received(queue, count: int) -> list[Envelope]:
    received = []
    while len(received) < count:
        message = await wait_until(
            lambda: queue.get(fail=False), what=f"message {len(received) + 1} of {count}"
        )
        await message.ack()
        received.append(Envelope.from_json(message.body))
    return received


class _Running:
    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    async def __aenter__(self) -> Relay:
        self._task = asyncio.create_task(self.relay.run())
        return self.relay

    async def __aexit__(self, *_exc: object) -> None:
        self.relay.stop()
        await asyncio.wait_for(self._task, 10)


async def test_a_committed_message_is_sent_once_and_leaves_the_outbox(
    db, outbox, broker, message_class, inbox_queue
):
    [parcel_id] = await _enqueue(db, outbox, message_class)
    assert await Relay(db, outbox, broker).send_batch() == 1
    [envelope] = await _received(inbox_queue, 1)
    assert (envelope.meta.message_type, envelope.meta.source) == (message_class.message_type, "/parcels")
    assert (envelope.meta.aggregate_id, envelope.meta.aggregate_version) == (str(parcel_id), 7)
    assert message_class.model_validate(envelope.data).parcel_id == parcel_id
    assert await _rows(db) == []
    assert await Relay(db, outbox, broker).send_batch() == 0


async def test_a_message_that_was_rolled_back_is_never_sent(db, outbox, broker, message_class):
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=1))
            raise ZeroDivisionError
    assert await Relay(db, outbox, broker).send_batch() == 0


async def test_a_commit_wakes_the_relay_without_waiting_for_the_poll(
    db, outbox, broker, message_class, inbox_queue
):
    async with _Running(Relay(db, outbox, broker, poll_ms=60_000)) as relay:
        db.on_messages(relay.wake)
        await asyncio.sleep(0.3)
        await _enqueue(db, outbox, message_class)
        await _received(inbox_queue, 1)


class _Holding:
    """Keeps messages of one aggregate from the broker until it is told to let them go."""

    def __init__(self, broker: Broker, held_id: uuid.UUID) -> None:
        self._broker = broker
        self._held_id = str(held_id)
        self.holds = asyncio.Event()
        self.let_go = asyncio.Event()

    async def connect(self) -> None:
        await self._broker.connect()

    async def publish(self, envelope: Envelope) -> None:
        if envelope.meta.aggregate_id == self._held_id:
            self.holds.set()
            await self.let_go.wait()
        await self._broker.publish(envelope)


async def test_a_message_does_not_wait_for_the_confirm_of_another(
    db, outbox, broker, message_class, inbox_queue
):
    [slow] = await _enqueue(db, outbox, message_class)
    holding = _Holding(broker, slow)
    async with _Running(Relay(db, outbox, holding, poll_ms=60_000)) as relay:
        db.on_messages(relay.wake)
        await asyncio.wait_for(holding.holds.wait(), 10)
        others = await _enqueue(db, outbox, message_class, 3)
        received = await _received(inbox_queue, 3)
        assert sorted(e.meta.aggregate_id for e in received) == sorted(map(str, others))
        await wait_until(lambda: _only(db, slow))
        holding.let_go.set()
        [late] = await _received(inbox_queue, 1)
        assert late.meta.aggregate_id == str(slow)
        await wait_until(lambda: _is_empty(db))


async def _only(db, aggregate_id: uuid.UUID) -> bool:
    return [row.aggregate_id for row in await _rows(db)] == [aggregate_id]


async def test_a_relay_that_is_killed_while_the_broker_thinks_leaves_its_rows(
    db, outbox, broker, message_class, inbox_queue
):
    [slow] = await _enqueue(db, outbox, message_class)
    holding = _Holding(broker, slow)
    running = asyncio.create_task(Relay(db, outbox, holding).run())
    await asyncio.wait_for(holding.holds.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await _only(db, slow)
    assert await Relay(db, outbox, broker).send_batch() == 1
    await _received(inbox_queue, 1)


async def test_a_relay_that_is_told_to_stop_sends_what_is_there(
    db, outbox, broker, message_class, inbox_queue
):
    async with _Running(Relay(db, outbox, broker, poll_ms=60_000)) as relay:
        await wait_until(lambda: not relay._woken.is_set(), what="the first look")
        await _enqueue(db, outbox, message_class)  # and nobody wakes it
    assert await _is_empty(db)
    await _received(inbox_queue, 1)


async def test_polling_finds_what_nobody_woke_it_for(db, outbox, broker, message_class, inbox_queue):
    async with _Running(Relay(db, outbox, broker, poll_ms=20)):
        await _enqueue(db, outbox, message_class)
        await _received(inbox_queue, 1)


async def test_an_unroutable_message_stays_is_noted_and_blocks_no_other(
    db, outbox, broker, message_class, inbox_queue
):
    nobody_wants = type(
        "Unwanted", (message_class,), {"message_type": f"parcels.unwanted_{uuid.uuid4().hex}.v1"}
    )
    await _enqueue(db, outbox, nobody_wants)
    await _enqueue(db, outbox, message_class, 3)
    relay = Relay(db, outbox, broker, batch_max=1)
    assert [await relay.send_batch() for _ in range(5)] == [1, 1, 1, 1, 0]
    await _received(inbox_queue, 3)
    [row] = await _rows(db)
    assert (row.message_type, row.attempts) == (nobody_wants.message_type, 1)
    assert row.last_error.startswith("PublishUnroutable")
    assert 0.5 < (row.next_attempt_at - row.occurred_at).total_seconds() < 3


async def test_an_unroutable_message_is_sent_once_a_queue_is_bound(
    db, outbox, broker, message_class, inbox_queue
):
    await inbox_queue.unbind(EXCHANGE, message_class.message_type)
    async with _Running(Relay(db, outbox, broker, poll_ms=20)):
        await _enqueue(db, outbox, message_class)
        await wait_until(lambda: _attempts(db), what="a first failed attempt")
        await inbox_queue.bind(EXCHANGE, message_class.message_type)
        await _received(inbox_queue, 1)
        await wait_until(lambda: _is_empty(db))


async def _attempts(db) -> int:
    return sum(row.attempts for row in await _rows(db))


async def _is_empty(db) -> bool:
    return not await _rows(db)


async def test_relays_share_the_work_and_send_nothing_twice(db, outbox, broker, message_class, inbox_queue):
    parcel_ids = await _enqueue(db, outbox, message_class, 200)
    relays = [Relay(db, outbox, broker, batch_max=10) for _ in range(4)]

    async def work(relay: Relay) -> int:
        sent = 0
        while count := await relay.send_batch():
            sent += count
        return sent

    assert sum(await asyncio.gather(*map(work, relays))) == 200
    received = await _received(inbox_queue, 200)
    assert sorted(e.meta.aggregate_id for e in received) == sorted(map(str, parcel_ids))


async def test_a_row_that_commits_late_with_a_low_id_is_not_skipped(
    db, outbox, broker, message_class, inbox_queue
):
    relay = Relay(db, outbox, broker)
    async with db.transaction() as slow:
        await outbox.enqueue(slow, message_class(parcel_id=uuid.uuid4(), weight=1))
        await _enqueue(db, outbox, message_class)
        assert await relay.send_batch() == 1
    assert await relay.send_batch() == 1
    await _received(inbox_queue, 2)


async def test_a_lost_broker_leaves_the_rows_untouched_and_its_return_sends_them(
    db, outbox, proxied_amqp_url, amqp_proxy, message_class, inbox_queue
):
    broker = Broker(proxied_amqp_url)
    async with _Running(Relay(db, outbox, broker, poll_ms=20)):
        await _enqueue(db, outbox, message_class)
        await _received(inbox_queue, 1)
        for _ in range(2):
            await amqp_proxy.refuse()
            await _enqueue(db, outbox, message_class, 5)
            await asyncio.sleep(0.5)
            assert [row.attempts for row in await _rows(db)] == [0] * 5
            await amqp_proxy.open()
            await _received(inbox_queue, 5)
            await wait_until(lambda: _is_empty(db))
    await broker.close()


async def test_a_publish_that_hangs_ends_in_time_and_the_row_is_sent_later(
    db, outbox, proxied_amqp_url, amqp_proxy, message_class, inbox_queue
):
    broker = Broker(proxied_amqp_url, publish_timeout_s=0.3)
    relay = Relay(db, outbox, broker, poll_ms=20)
    await _enqueue(db, outbox, message_class)
    await broker.connect()
    amqp_proxy.fall_silent()
    assert await asyncio.wait_for(relay.send_batch(), 5) == 1
    [row] = await _rows(db)
    assert (row.attempts, row.last_error.split(":")[0]) == (1, PublishTimedOut.__name__)
    amqp_proxy.speak()
    async with _Running(relay):
        await _received(inbox_queue, 1)
        await wait_until(lambda: _is_empty(db))
    await broker.close()


async def test_a_cut_connection_fails_a_publish_at_once(
    proxied_amqp_url, amqp_proxy, message_class, db, outbox
):
    broker = Broker(proxied_amqp_url, publish_timeout_s=30)
    relay = Relay(db, outbox, broker)
    await _enqueue(db, outbox, message_class, 3)
    await broker.connect()
    amqp_proxy.fall_silent()
    sending = asyncio.create_task(relay.send_batch())
    await asyncio.sleep(0.2)
    await amqp_proxy.refuse()
    with pytest.raises(BrokerUnavailable):
        await asyncio.wait_for(sending, 5)
    assert [row.attempts for row in await _rows(db)] == [0, 0, 0]
    await broker.close()


async def test_a_channel_the_broker_closed_is_replaced(broker, db, outbox, message_class, inbox_queue):
    await broker.connect()
    with pytest.raises(Exception, match="NOT_FOUND"):
        await broker._session.channel.get_queue("no such queue")
    await _enqueue(db, outbox, message_class)
    assert await Relay(db, outbox, broker).send_batch() == 1
    await _received(inbox_queue, 1)


async def test_the_relay_survives_a_lost_database(
    outbox, broker, proxied_database_url, database_proxy, db, message_class, inbox_queue
):
    from chassis.database import Database

    relays_db = Database(proxied_database_url, pool_wait_s=1)
    async with _Running(Relay(relays_db, outbox, broker, poll_ms=20)):
        await asyncio.sleep(0.2)
        await database_proxy.refuse()
        await asyncio.sleep(0.5)
        await database_proxy.open()
        await _enqueue(db, outbox, message_class)
        await _received(inbox_queue, 1)
    await relays_db.close()


async def test_unroutable_is_an_error_of_publish(broker, message_class):
    from chassis.clock import utc_now
    from chassis.envelope import MessageMeta
    from chassis.ids import new_id

    meta = MessageMeta(
        message_id=new_id(),
        message_type=message_class.message_type,
        aggregate_id="a",
        aggregate_version=None,
        time=utc_now(),
        source="/parcels",
    )
    with pytest.raises(PublishUnroutable):
        await broker.publish(Envelope(meta=meta, data={}))
