"""A worker does its three jobs, tells the truth about its readiness, and stops in good order."""

import asyncio
import socket
import uuid

import httpx
import pytest
from sqlalchemy import text

from chassis.database import Database
from chassis.jobs import Job
from chassis.messaging import Consumer, on
from chassis.worker import Worker
from support.waiting import wait_until


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def make_worker(settings_of, outbox, parcels_url, amqp_url, free_port):
    def make(*consumers: Consumer, jobs=(), **settings) -> Worker:
        values = {"amqp_url": amqp_url, "worker_http_port": free_port, "drain_s": 2} | settings
        return Worker(settings_of(**values), Database(parcels_url), outbox, consumers, jobs)

    return make


async def _stop(worker: Worker, running: asyncio.Task[None]) -> None:
    worker.stop()
    await asyncio.wait_for(running, 10)


async def test_relay_consumer_and_jobs_work_together(
    make_worker, db, outbox, parcels, message_class, consumer_name
):
    handled, ran = [], []

    async def handle(tx, message, _meta) -> None:
        handled.append(message)
        await tx.execute(parcels.insert(), {"name": "arrived", "weight": message.weight})

    async def tidy() -> int:
        ran.append(1)
        return 1

    worker = make_worker(Consumer(consumer_name, [on(message_class, handle)]), jobs=[Job("tidy", 0.05, tidy)])
    running = asyncio.create_task(worker.run())
    async with db.transaction() as tx:
        await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=5))
    await wait_until(lambda: handled and len(ran) > 1)
    await _stop(worker, running)
    assert not ran[0] - 1


async def test_readiness_follows_the_consumer(
    make_worker, message_class, consumer_name, proxied_amqp_url, amqp_proxy, free_port
):
    async def handle(_tx, _message, _meta) -> None: ...

    worker = make_worker(Consumer(consumer_name, [on(message_class, handle)]), amqp_url=proxied_amqp_url)
    running = asyncio.create_task(worker.run())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port}") as client:

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        async def not_ready() -> bool:
            return not await ready()

        await wait_until(lambda: worker.consumers[0].consuming)
        await wait_until(ready)
        await amqp_proxy.refuse()
        await wait_until(not_ready)
        assert (await client.get("/readyz")).json()["failing"] == [f"consumer {consumer_name}"]
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/else")).status_code == 404
        await amqp_proxy.open()
        await wait_until(ready)
    await _stop(worker, running)


async def test_a_failing_job_runs_again(make_worker):
    runs = []

    async def fail() -> None:
        runs.append(1)
        raise ZeroDivisionError

    worker = make_worker(jobs=[Job("fail", 0.02, fail)])
    running = asyncio.create_task(worker.run())
    await wait_until(lambda: len(runs) >= 3)
    await _stop(worker, running)


async def test_a_worker_without_what_it_needs_takes_no_message(make_worker):
    def check() -> None:
        raise LookupError("no key")

    worker = make_worker()
    worker._start_checks = [check]
    with pytest.raises(LookupError, match="no key"):
        await worker.run()
    await worker.db.close()


async def test_limits_that_are_full_again_are_forgotten(make_worker, db):
    async with db.transaction() as tx:
        for number, until in enumerate(("-1 hour", "-1 second", "1 hour")):
            await tx.execute(
                text(
                    "INSERT INTO rate_limits VALUES ('logins', CAST(:who AS bytea), now() + CAST(:until AS interval))"
                ),
                {"who": bytes([number]), "until": until},
            )
    worker = make_worker()
    [job] = [job for job in worker.jobs if job.name == "forget_rate_limits"]
    assert await job.run() == 2
    await worker.db.close()


async def test_old_answers_and_message_ids_are_forgotten_and_young_ones_kept(make_worker, db, monkeypatch):
    monkeypatch.setattr("chassis.jobs.HOUSEKEEPING_BATCH_MAX", 1)  # a run goes on until nothing is left
    async with db.transaction() as tx:
        for age in ("1 day", "3 days", "20 days"):
            await tx.execute(
                text(
                    "INSERT INTO idempotency VALUES (CAST(:age AS text), 'k', '', 200, decode(repeat('01', 45), 'hex'), now() - CAST(:age AS interval))"
                ),
                {"age": age},
            )
            await tx.execute(
                text(
                    "INSERT INTO inbox VALUES (CAST(:age AS text), gen_random_uuid(), now() - CAST(:age AS interval))"
                ),
                {"age": age},
            )
    worker = make_worker()
    jobs = {job.name: job for job in worker.jobs}
    assert await jobs["forget_idempotency"].run() == 2
    assert await jobs["forget_inbox"].run() == 1
    await worker.db.close()
