"""What a request commits is on its way at once, though no worker runs; and the broker holds up no request."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import aio_pika
import httpx
import pytest
from fastapi import APIRouter
from sqlalchemy import text

from chassis.http import create_http_app
from chassis.http.dependencies import Db
from chassis.messaging.topology import EXCHANGE, declare_exchange
from support.waiting import wait_until


@pytest.fixture
async def queue(amqp_url, message_class) -> AsyncIterator[aio_pika.abc.AbstractQueue]:
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await declare_exchange(channel)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EXCHANGE, message_class.message_type)
        yield queue


@pytest.fixture
def make_app(settings_of, outbox, message_class):
    """An app with one route, which sends a message."""
    router = APIRouter()

    @router.post("/parcels")
    async def send_parcel(db: Db) -> str:
        async with db.transaction() as tx:
            await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=1))
        return "sent"

    def make(*, amqp_url: str, outbox=outbox):
        return create_http_app(
            title="Parcels",
            description="Parcels",
            version="1",
            settings=settings_of(amqp_url=amqp_url),
            routers=[router],
            problem_table={},
            outbox=outbox,
        )

    return make


async def _post(app) -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://parcels") as client:
        return (await client.post("/parcels")).status_code


async def _waiting(db) -> int:
    async with db.snapshot() as connection:
        return (await connection.execute(text("SELECT count(*) FROM outbox"))).scalar_one()


async def _no_messages(db) -> bool:
    return await _waiting(db) == 0


async def test_a_request_s_message_is_sent_by_the_process_itself(make_app, amqp_url, db, queue):
    app = make_app(amqp_url=amqp_url)
    async with app.router.lifespan_context(app):
        await wait_until(lambda: not app.state.request_relay._relay._woken.is_set(), what="the first look")
        assert await _post(app) == 200
        await wait_until(lambda: queue.get(fail=False), what="the message")
        await wait_until(lambda: _no_messages(db))


async def test_without_an_outbox_the_process_leaves_sending_to_the_workers(make_app, amqp_url, db):
    app = make_app(amqp_url=amqp_url, outbox=None)
    assert app.state.request_relay is None
    async with app.router.lifespan_context(app):
        assert await _post(app) == 200
    assert await _waiting(db) == 1


async def test_a_broker_that_is_away_holds_up_no_request_and_gets_the_message_later(
    make_app, proxied_amqp_url, amqp_proxy, db, queue
):
    await amqp_proxy.refuse()
    app = make_app(amqp_url=proxied_amqp_url)
    async with app.router.lifespan_context(app):
        assert await asyncio.wait_for(_post(app), 5) == 200
        assert await _waiting(db) == 1
        await amqp_proxy.open()
        await wait_until(lambda: queue.get(fail=False), what="the message")
        await wait_until(lambda: _no_messages(db))


async def test_a_process_stops_in_time_without_its_broker_and_loses_nothing(
    make_app, proxied_amqp_url, amqp_proxy, db
):
    app = make_app(amqp_url=proxied_amqp_url)
    async with asyncio.timeout(15):
        async with app.router.lifespan_context(app):
            await amqp_proxy.refuse()
            assert await _post(app) == 200
    assert await _waiting(db) == 1


async def test_what_was_committed_last_is_sent_before_the_process_ends(make_app, amqp_url, db, queue):
    app = make_app(amqp_url=amqp_url)
    async with app.router.lifespan_context(app):
        assert await _post(app) == 200
    assert await _waiting(db) == 0
    await wait_until(lambda: queue.get(fail=False), what="the message")
