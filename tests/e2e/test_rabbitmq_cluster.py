"""RabbitMQ as three nodes: the node that leads a queue is killed under messages, and nothing is lost."""

import asyncio
import uuid
from typing import ClassVar

import pytest
from pydantic import BaseModel
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, text
from sqlalchemy.engine import make_url

from chassis.database import Database
from chassis.inbox import Inbox
from chassis.messaging import Consumer, declare_queues, on
from chassis.messaging.broker import Broker
from chassis.messaging.consumer import ConsumerContext
from chassis.outbox import Outbox
from chassis.provisioning import provision
from chassis.relay import Relay
from chassis.tables import inbox_table, outbox_table
from support.rabbitmq_cluster import rabbitmq_cluster
from support.waiting import wait_until

SCHEMA = "clustered"
METADATA = MetaData(schema=SCHEMA)
EFFECTS = Table(
    "effects", METADATA, Column("name", Text, nullable=False), Column("number", Integer, nullable=False)
)
OUTBOX = Outbox(outbox_table(METADATA))
INBOX = Inbox(inbox_table(METADATA))
CONSUMER = "clustered"
BATCHES, BATCH = 60, 20


class NumberDrawn(BaseModel):
    message_type: ClassVar[str] = "clustered.number_drawn.v1"
    name: uuid.UUID
    number: int

    @property
    def aggregate_id(self) -> uuid.UUID:
        return self.name

    @property
    def aggregate_version(self) -> int:
        return 1


@pytest.fixture
async def db(admin_database_url):
    url = provision(admin_database_url, SCHEMA, "test", make_url(admin_database_url).database or "")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    METADATA.create_all(engine)
    engine.dispose()
    database = Database(url)
    yield database
    await database.close()


@pytest.mark.timeout(600)
async def test_killing_the_leader_of_a_queue_under_messages_loses_none(db, tmp_path):
    async with rabbitmq_cluster(tmp_path) as cluster:
        consumer = Consumer(CONSUMER, [on(NumberDrawn, _note)], prefetch=16)
        await declare_queues([consumer], amqp_url=cluster.amqp_url, delivery_limit=10)
        told = await cluster.control("list_queues", "name", "type", "members", "--no-table-headers")
        for queue in (CONSUMER, f"{CONSUMER}.dead"):
            row = next(line.split("\t") for line in told.splitlines() if line.startswith(f"{queue}\t"))
            assert row[1] == "quorum"
            assert all(node.name in row[2] for node in cluster.nodes), "on every node"

        broker = Broker(cluster.amqp_url)
        relay = Relay(db, OUTBOX, broker)
        context = ConsumerContext(
            amqp_url=cluster.amqp_url, db=db, inbox=INBOX, prefetch=16, delivery_limit=10
        )
        tasks = [asyncio.create_task(relay.run()), asyncio.create_task(consumer.run(context))]
        db.on_messages(relay.wake)
        await wait_until(lambda: consumer.consuming, deadline_s=30)

        sending = asyncio.create_task(_send(db))
        await asyncio.sleep(1)
        first = await cluster.leader_of(CONSUMER)
        await cluster.kill(first)
        await sending
        await wait_until(lambda: _is_done(db), deadline_s=120, what="every message had its effect")
        assert await cluster.leader_of(CONSUMER) is not first

        # Back again, it catches up; then the next may go.
        await cluster.start(first)
        await wait_until(lambda: _is_online(cluster, first), deadline_s=60, what="the node caught up")
        sending = asyncio.create_task(_send(db))
        await asyncio.sleep(1)
        await cluster.kill(await cluster.leader_of(CONSUMER))
        await sending
        await wait_until(lambda: _is_done(db), deadline_s=120, what="every message had its effect")

        relay.stop()
        await consumer.stop(timeout_s=5)
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
        await broker.close()
    async with db.snapshot() as snapshot:
        effects, different = (
            await snapshot.execute(text("SELECT count(*), count(DISTINCT (name, number)) FROM effects"))
        ).one()
    assert effects == different == 2 * BATCHES * BATCH


async def _note(tx, message, _meta) -> None:
    await tx.execute(EFFECTS.insert(), {"name": str(message.name), "number": message.number})


async def _send(db: Database) -> None:
    for _ in range(BATCHES):
        async with db.transaction() as tx:
            name = uuid.uuid4()
            await OUTBOX.enqueue(tx, *(NumberDrawn(name=name, number=n) for n in range(BATCH)))
        await asyncio.sleep(0.05)


async def _is_done(db: Database) -> bool:
    async with db.snapshot() as snapshot:
        counts = await snapshot.execute(
            text("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) % :all FROM effects)"),
            {"all": BATCHES * BATCH},
        )
        left, missing = counts.one()
        return (left, missing) == (0, 0)


async def _is_online(cluster, node) -> bool:
    rows = await cluster.control("list_queues", "name", "online", "--no-table-headers")
    row = next(line for line in rows.splitlines() if line.startswith(f"{CONSUMER}\t"))
    return node.name in row
