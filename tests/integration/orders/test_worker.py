"""The worker over a real broker: outbox, relay, consumer and jobs together. Reservation is played
by a consumer that answers its commands."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from integration.orders.scene import Scene, event_published, hold_of

from chassis.clock import utc_now
from chassis.database import Database, Transaction
from chassis.messaging import Consumer, on
from chassis.worker import Worker
from messages.base import Message
from messages.catalog import EventCancelled
from messages.reservation import ConfirmHolds, HoldsConfirmed, ReleaseHolds, ReleaseSeats, SeatsReleased
from orders.domain.states import OrderState as S
from orders.settings import Settings
from orders.storage.outbox import OUTBOX, send
from orders.usecases.place_order import EventNotKnownYet
from orders.worker import create_worker
from support.waiting import wait_until


async def _answer(tx: Transaction, command: Message, _meta: object) -> None:
    if isinstance(command, ConfirmHolds):
        await send(tx, HoldsConfirmed(order_id=command.order_id))
    elif isinstance(command, ReleaseSeats):
        await send(tx, SeatsReleased(order_id=command.order_id))


def _reservation(settings: Settings) -> Worker:
    commands = [on(command, _answer) for command in (ConfirmHolds, ReleaseSeats, ReleaseHolds)]
    consumer = Consumer("reservation", commands)
    return Worker(settings, Database(settings.database_url, pool_size=5), OUTBOX, consumers=[consumer])


@pytest.fixture
async def settings_with_broker(settings: Settings, amqp_url: str) -> Settings:
    return settings.model_copy(update={"amqp_url": amqp_url, "saga_resend_s": 1, "saga_job_every_s": 0.1})


@pytest.fixture
async def orders_worker(settings_with_broker: Settings) -> AsyncIterator[Worker]:
    worker = create_worker(settings_with_broker)
    running = asyncio.create_task(worker.run())
    await wait_until(lambda: all(consumer.consuming for consumer in worker.consumers))
    yield worker
    worker.stop()
    await running


async def test_an_order_goes_all_the_way_over_the_broker_and_back(
    scene: Scene, orders_worker: Worker, settings_with_broker: Settings
) -> None:
    reservation = _reservation(settings_with_broker)
    running = asyncio.create_task(reservation.run())
    event = event_published()
    async with scene.db.transaction() as tx:
        await send(tx, event)
    order_id = await wait_until(lambda: _placed(scene, event.event_id))
    assert order_id is not None

    await scene.finalize(order_id)
    await wait_until(lambda: _is(scene, order_id, S.CONFIRMED))
    async with scene.db.transaction() as tx:
        cancelled = EventCancelled(event_id=event.event_id, version=2, reason="rain", cancelled_at=utc_now())
        await send(tx, cancelled)
    await wait_until(lambda: _is(scene, order_id, S.CANCELLED))

    assert await scene.tickets(order_id) == ["voided"]
    reservation.stop()
    await running


async def test_an_order_whose_command_was_lost_is_asked_for_again(
    scene: Scene, orders_worker: Worker, settings_with_broker: Settings
) -> None:
    placed = await scene.order_in(S.FINALIZING, paid=True)
    await scene.take_sent()

    reservation = _reservation(settings_with_broker)
    running = asyncio.create_task(reservation.run())
    await wait_until(lambda: _is(scene, placed.order_id, S.CONFIRMED))

    reservation.stop()
    await running


async def _placed(scene: Scene, event_id: UUID) -> UUID | None:
    try:
        return await scene.place(hold_of(event_id))
    except EventNotKnownYet:
        return None


async def _is(scene: Scene, order_id: UUID, state: S) -> bool:
    return (await scene.order(order_id))["state"] == state
