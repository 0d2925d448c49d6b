"""What only PostgreSQL knows is looked up by a job of the worker, and no old figure is told for a new one."""

import asyncio
import time

import pytest
from sqlalchemy import text

from chassis.database import Database
from chassis.jobs import Job
from chassis.metrics import SampledGauge
from chassis.outbox_metrics import outbox_sample
from chassis.sampling import COUNT_MAX, STATEMENT_S_MAX, sampling_jobs, take_sample
from chassis.session_metrics import sample_sessions
from support.metrics import Figures, Rise
from support.waiting import wait_until

PARCELS = SampledGauge("rowlock_test_parcels", "Parcels there are", {"weight": ("light", "heavy")})


@pytest.fixture(autouse=True)
def nothing_told():
    PARCELS.clear()


async def count_parcels(connection):
    rows = (await connection.execute(text("SELECT weight FROM parcels"))).scalars().all()
    return {PARCELS: {("light",): sum(w < 10 for w in rows), ("heavy",): sum(w >= 10 for w in rows)}}


async def break_down(_connection):
    raise ZeroDivisionError


def told(name: str = "rowlock_test_parcels", **labels: str) -> float | None:
    return Figures().value(name, **labels)


async def post(db, outbox, message_class, number: int, *, minutes_ago: int = 0) -> None:
    """Messages that wait in the outbox."""
    async with db.transaction() as tx:
        await tx.execute(
            text(
                f"""INSERT INTO {outbox.table.fullname} (message_type, aggregate_id, data, occurred_at)
                SELECT 'parcels.x', gen_random_uuid(), '{{}}', now() - make_interval(mins => :minutes)
                FROM generate_series(1, :number)"""
            ),
            {"minutes": minutes_ago, "number": number},
        )


async def test_messages_in_the_outbox_and_the_age_of_the_oldest_are_told(db, outbox, message_class):
    sample = outbox_sample(outbox.table.fullname)
    await take_sample(db, sample, every_s=10)
    assert (told("rowlock_outbox_messages"), told("rowlock_outbox_oldest_seconds")) == (0, 0)
    await post(db, outbox, message_class, 1, minutes_ago=2)
    await post(db, outbox, message_class, 2)
    await take_sample(db, sample, every_s=10)
    assert told("rowlock_outbox_messages") == 3
    assert 120 <= (told("rowlock_outbox_oldest_seconds") or 0) < 130


async def test_a_message_that_is_put_off_again_and_again_is_still_the_oldest(db, outbox, message_class):
    await post(db, outbox, message_class, 1, minutes_ago=60)
    async with db.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET attempts = 9, next_attempt_at = now() + interval '30 s'"))
    await post(db, outbox, message_class, 5)
    await take_sample(db, outbox_sample(outbox.table.fullname), every_s=10)
    assert (told("rowlock_outbox_oldest_seconds") or 0) >= 3600


async def test_the_count_of_a_long_queue_stops(db, outbox, message_class, monkeypatch):
    monkeypatch.setattr("chassis.outbox_metrics.COUNT_MAX", 10)
    await post(db, outbox, message_class, 15)
    await take_sample(db, outbox_sample(outbox.table.fullname), every_s=10)
    assert told("rowlock_outbox_messages") == 10
    assert COUNT_MAX == 100_000


async def test_a_session_that_waits_for_a_lock_is_told(db, parcels):
    async with db.transaction() as tx:
        await tx.execute(parcels.insert(), {"name": "a", "weight": 1})
    async with db.transaction() as holder:
        await holder.execute(text("SELECT FROM parcels FOR UPDATE"))

        async def wait_for_it() -> None:
            async with db.transaction() as tx:
                await tx.execute(text("SELECT FROM parcels FOR UPDATE"))

        waiting = asyncio.create_task(wait_for_it())

        async def one_waits() -> bool:
            await take_sample(db, sample_sessions, every_s=10)
            return told("rowlock_database_lock_waits") == 1

        await wait_until(one_waits)
        assert told("rowlock_database_connections", state="idle_in_transaction") == 1
        assert (told("rowlock_database_connections", state="active") or 0) >= 2
    await waiting
    await take_sample(db, sample_sessions, every_s=10)
    assert told("rowlock_database_lock_waits") == 0


async def test_a_worker_samples_by_itself_and_tells_of_its_jobs(db, parcels):
    async with db.transaction() as tx:
        await tx.execute(parcels.insert(), [{"name": "a", "weight": 1}, {"name": "b", "weight": 50}])
    (job,) = sampling_jobs(db, 0.02, {"parcels": count_parcels})
    running = asyncio.create_task(job.keep_running())
    await wait_until(lambda: told(weight="heavy"))
    running.cancel()
    assert (told(weight="light"), told(weight="heavy")) == (1, 1)
    assert told("rowlock_job_every_seconds", job_name="sample_parcels") == 0.02


async def test_a_sample_that_fails_ends_in_silence_and_not_in_an_old_figure(db, monkeypatch):
    monkeypatch.setattr("chassis.sampling.GOOD_FOR_S_MIN", 0.3)
    monkeypatch.setattr("chassis.sampling.BUSY_SHARE_MAX", 1)
    await take_sample(db, count_parcels, every_s=0.1)
    assert told(weight="light") == 0
    (job,) = sampling_jobs(db, 0.02, {"breaking": break_down})
    rise = Rise()
    began_at = time.time()
    running = asyncio.create_task(job.keep_running())
    await wait_until(lambda: rise.of("rowlock_job_failures_total", job_name="sample_breaking") >= 1)
    await wait_until(lambda: told(weight="light") is None, deadline_s=3)
    running.cancel()
    last_success = told("rowlock_job_last_success_timestamp_seconds", job_name="sample_breaking")
    assert last_success is not None
    assert last_success <= began_at + 0.1  # when it was started: it never succeeded


async def test_a_job_that_succeeds_again_says_when(db):
    fails = [True]

    async def run() -> None:
        if fails:
            raise ZeroDivisionError

    rise = Rise()
    running = asyncio.create_task(Job("mend", 0.01, run).keep_running())
    await wait_until(lambda: rise.of("rowlock_job_failures_total", job_name="mend") >= 2)
    before = told("rowlock_job_last_success_timestamp_seconds", job_name="mend")
    fails.clear()
    await wait_until(lambda: told("rowlock_job_last_success_timestamp_seconds", job_name="mend") != before)
    running.cancel()
    assert time.time() - (told("rowlock_job_last_success_timestamp_seconds", job_name="mend") or 0) < 5


async def test_a_sample_that_takes_too_long_is_given_up(db):
    async def dawdle(connection):
        await connection.execute(text("SELECT pg_sleep(60)"))
        return {}

    began_at = time.monotonic()
    with pytest.raises(Exception, match="statement timeout"):
        await take_sample(db, dawdle, every_s=10)
    assert time.monotonic() - began_at < STATEMENT_S_MAX + 2


async def test_one_sample_that_fails_takes_no_other_with_it(db):
    jobs = sampling_jobs(db, 0.02, {"breaking": break_down, "parcels": count_parcels})
    running = [asyncio.create_task(job.keep_running()) for job in jobs]
    await wait_until(lambda: told(weight="light") is not None)
    for task in running:
        task.cancel()


async def test_a_sample_waits_for_no_lock_of_whoever_sells(db, parcels_url, parcels):
    async with db.transaction() as tx:
        await tx.execute(parcels.insert(), {"name": "a", "weight": 1})
    other = Database(parcels_url)
    async with other.transaction() as seller:
        await seller.execute(text("SELECT FROM parcels FOR UPDATE"))
        await asyncio.wait_for(take_sample(db, count_parcels, every_s=10), 2)
        await seller.execute(text("LOCK TABLE outbox IN ROW EXCLUSIVE MODE"))
        await asyncio.wait_for(take_sample(db, outbox_sample("parcels.outbox"), every_s=10), 2)
    await other.close()
