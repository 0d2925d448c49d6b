"""From the step that commits a message, over the relay and the broker, to its consumer and on to the next."""

import asyncio
import json
import uuid

import pytest
from sqlalchemy import text

from chassis import tracing
from chassis.logs import get_logger
from chassis.message_spans import EXCHANGE
from chassis.messaging import Consumer, on, topology
from chassis.messaging.consumer import ConsumerContext
from chassis.relay import Relay
from chassis.trace_context import current, follow
from support.seen_lines import seen_lines
from support.seen_spans import ids_of, parent_of, seen_spans
from support.waiting import wait_until

TRACE, STEP = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ORIGIN = follow(f"00-{TRACE}-{STEP}-01", "request-1")


@pytest.fixture
async def seen():
    return []


@pytest.fixture
async def consuming(db, inbox, outbox, amqp_url, consumer_name, message_class, seen):
    """A consumer that answers the first message with another of its type, as a saga does."""

    async def handle(tx, message, meta) -> None:
        seen.append((meta, current()))
        get_logger().info("parcel_handled")
        if message.weight == 13:
            raise ValueError("Ada")
        if message.weight:
            await outbox.enqueue(tx, message_class(parcel_id=message.parcel_id, weight=0))

    consumer = Consumer(consumer_name, [on(message_class, handle)])
    context = ConsumerContext(amqp_url=amqp_url, db=db, inbox=inbox, prefetch=4, delivery_limit=1)
    running = asyncio.create_task(consumer.run(context))
    await wait_until(lambda: consumer.consuming)
    yield consumer
    await consumer.stop(timeout_s=2)
    await asyncio.wait_for(running, 10)


@pytest.fixture
async def relaying(db, outbox, broker):
    async with db.transaction() as tx:
        await tx.execute(outbox.table.delete())
    relay = Relay(db, outbox, broker)
    running = asyncio.create_task(relay.run())
    yield
    relay.stop()
    await running


async def _send(db, outbox, message_class, weight: int = 1) -> None:
    async with db.transaction() as tx:
        await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=weight))


async def test_a_row_keeps_the_step_and_the_request_it_comes_from(db, outbox, message_class):
    with tracing.work(ORIGIN, "request"):
        await _send(db, outbox, message_class)
    await _send(db, outbox, message_class)

    async with db.transaction() as tx:
        mine = outbox.table.c.message_type == message_class.message_type
        rows = (await tx.execute(outbox.table.select().where(mine).order_by(outbox.table.c.id))).all()
        await tx.execute(outbox.table.delete())
    assert [(ORIGIN.traceparent, "request-1"), (None, None)] == [
        (row.traceparent, row.request_id) for row in rows
    ]


@pytest.mark.usefixtures("consuming", "relaying")
async def test_one_trace_leads_through_both_messages(db, outbox, message_class, consumer_name, seen):
    kind = message_class.message_type
    with seen_spans() as spans:
        with tracing.work(ORIGIN, "request"):
            await _send(db, outbox, message_class)
        await wait_until(lambda: [name for name in spans.names if name.startswith("process")][1:])

    sent, sent_on = [span for span in spans.all if span.name == f"publish {kind}"]
    handled, handled_on = [span for span in spans.all if span.name == f"process {consumer_name} {kind}"]
    chain = [spans.one("request"), sent, handled, sent_on, handled_on]
    assert {TRACE} == {ids_of(span)[0] for span in spans.all}
    assert [ids_of(span)[1] for span in chain[:-1]] == [parent_of(span) for span in chain[1:]]
    assert {"request-1"} == {context.request_id for _, context in seen}
    steps = [span.name for span in spans.all if parent_of(span) == ids_of(handled)[1]]
    assert ["INSERT parcels.inbox", "INSERT parcels.outbox", "COMMIT"] == [
        s for s in steps if "publish" not in s
    ]
    assert {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": f"{topology.EXCHANGE}:{kind}:{consumer_name}",
        "messaging.rabbitmq.destination.routing_key": kind,
        "messaging.message.id": str(seen[0][0].message_id),
        "rowlock.aggregate_id": seen[0][0].aggregate_id,
        "rowlock.request_id": "request-1",
    } == dict(handled.attributes or {})
    assert EXCHANGE == topology.EXCHANGE


@pytest.mark.usefixtures("consuming", "relaying")
async def test_without_tracing_the_log_lines_name_trace_and_request_all_the_same(
    db, outbox, message_class, seen
):
    with seen_lines() as lines:
        with tracing.work(ORIGIN, "request"):
            await _send(db, outbox, message_class)
        await wait_until(lambda: seen[1:])
    handled = [line for line in lines if line["event"] == "parcel_handled"]
    assert [(TRACE, "request-1")] * 2 == [(line["trace_id"], line["request_id"]) for line in handled]


@pytest.mark.usefixtures("consuming", "relaying")
async def test_a_message_that_comes_from_nowhere_begins_a_trace(db, outbox, message_class, seen):
    with seen_spans() as spans:
        await _send(db, outbox, message_class, weight=0)
        await wait_until(lambda: [name for name in spans.names if name.startswith("process")])
    sent, handled = [span for span in spans.all if span.name.startswith(("publish", "process"))]
    assert [None, ids_of(sent)[1]] == [parent_of(sent), parent_of(handled)]
    assert [None] == [context.request_id for _, context in seen]


@pytest.mark.usefixtures("consuming", "relaying")
async def test_a_handler_that_fails_is_an_error_without_its_words(db, outbox, message_class, consumer_name):
    with seen_spans() as spans:
        await _send(db, outbox, message_class, weight=13)
        name = f"process {consumer_name} {message_class.message_type}"
        await wait_until(lambda: name in spans.names)
    failed = spans.one(name)
    assert "ValueError" == (failed.attributes or {})["error.type"]
    assert "Ada" not in failed.to_json()


@pytest.mark.usefixtures("consuming")
async def test_a_message_with_a_hostile_trace_is_handled(broker, db, outbox, message_class, seen, relaying):
    async with db.transaction() as tx:
        row = {
            "type": message_class.message_type,
            "data": json.dumps({"parcel_id": str(uuid.uuid4()), "weight": 0}),
        }
        await tx.execute(
            text(
                "INSERT INTO parcels.outbox (message_type, aggregate_id, data, traceparent, request_id)"
                " VALUES (:type, gen_random_uuid(), CAST(:data AS jsonb), E'00-x\\nlevel=error', E'a\\nb c')"
            ),
            row,
        )
    await wait_until(lambda: seen)
    meta, context = seen[0]
    assert [None, None] == [meta.request_id, context.request_id]
    assert 32 == len(context.trace_id)
