"""Transactions, retries, and what a vanished server looks like."""

import asyncio
import uuid

import psycopg
import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from chassis.database import Database
from chassis.database_errors import DatabaseUnavailable, is_conflict, is_unavailable, sqlstate_of
from support.queries import count_queries


async def _add(tx, parcels, name: str) -> None:
    await tx.execute(parcels.insert(), {"name": name, "weight": 1})


async def _names(db: Database, parcels) -> set[str]:
    async with db.snapshot() as connection:
        return set((await connection.execute(parcels.select())).scalars())


async def test_commits_when_the_block_ends_and_tells_the_relay(db, parcels, outbox, message_class):
    told: list[str] = []
    db.on_messages(lambda: told.append("committed"))
    async with db.transaction() as tx:
        await _add(tx, parcels, "one")
        await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=1))
        assert told == []
    assert told == ["committed"]
    assert await _names(db, parcels) == {"one"}


async def test_rolls_back_when_the_block_raises_and_tells_nobody(
    parcels_url, db, parcels, outbox, message_class
):
    told: list[str] = []
    one_connection = Database(parcels_url, pool_size=1)
    one_connection.on_messages(lambda: told.append("committed"))
    with pytest.raises(ZeroDivisionError):
        async with one_connection.transaction() as tx:
            await _add(tx, parcels, "one")
            await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=1))
            raise ZeroDivisionError
    assert await _names(db, parcels) == set()
    async with one_connection.transaction() as tx:
        await _add(tx, parcels, "two")
    assert told == []
    await one_connection.close()


async def test_a_commit_without_messages_wakes_no_relay(db, parcels):
    told: list[str] = []
    db.on_messages(lambda: told.append("committed"))
    async with db.transaction() as tx:
        await _add(tx, parcels, "one")
    assert told == []


async def test_two_transactions_that_deadlock_both_succeed(db, parcels):
    async with db.transaction() as tx:
        await _add(tx, parcels, "a")
        await _add(tx, parcels, "b")
    both_locked = asyncio.Barrier(2)
    tries: list[str] = []

    def work(first: str, second: str):
        async def run(tx):
            tries.append(first)
            await tx.execute(parcels.update().where(parcels.c.name == first).values(weight=2))
            if len(tries) <= 2:
                await both_locked.wait()
            await tx.execute(parcels.update().where(parcels.c.name == second).values(weight=2))

        return run

    await asyncio.gather(db.run(work("a", "b")), db.run(work("b", "a")))
    assert len(tries) == 3


async def test_gives_up_on_a_conflict_that_does_not_end(db):
    tries = []

    async def work(tx):
        tries.append(1)
        await tx.execute(text("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$"))

    with pytest.raises(DBAPIError) as raised:
        await db.run(work)
    assert is_conflict(raised.value)
    assert len(tries) == 1 + 3


async def test_does_not_repeat_other_errors(db):
    tries = []

    async def work(tx):
        tries.append(1)
        await tx.execute(text("SELECT 1/0"))

    with pytest.raises(DBAPIError):
        await db.run(work)
    assert len(tries) == 1


async def test_a_snapshot_cannot_write_and_sees_one_moment(db, parcels):
    async with db.snapshot() as connection:
        before = (await connection.execute(parcels.select())).all()
        async with db.transaction() as tx:
            await _add(tx, parcels, "later")
        assert (await connection.execute(parcels.select())).all() == before
        with pytest.raises(DBAPIError) as raised:
            await _add(connection, parcels, "forbidden")
    assert sqlstate_of(raised.value) == "25006"


async def test_a_snapshot_leaves_the_connection_its_prepared_statements(parcels_url, parcels):
    one_connection = Database(parcels_url, pool_size=1)
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%parcels.parcels%'")
    for _ in range(8):  # psycopg prepares what it has sent five times
        async with one_connection.snapshot() as connection:
            await connection.execute(parcels.select())
    async with one_connection.snapshot() as connection:
        assert await connection.scalar(prepared) == 1
    await one_connection.close()


async def test_a_raw_statement_is_one_round_trip_and_its_own_commit(db, parcels):
    async with db.raw() as connection:
        await connection.execute("INSERT INTO parcels.parcels VALUES (%s, %s)", ("raw", 3))
        assert connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
        cursor = await connection.execute("SELECT count(*) FROM pg_prepared_statements")
        assert (await cursor.fetchone())[0] >= 1
    assert await _names(db, parcels) == {"raw"}


async def test_raw_connections_are_reused_and_bounded(parcels_url):
    db = Database(parcels_url, raw_pool_size=1, pool_wait_s=0.1)
    async with db.raw() as first:
        with pytest.raises(DatabaseUnavailable):
            async with db.raw():
                pass
    async with db.raw() as second:
        assert second is first
    await db.close()


async def test_a_cancelled_raw_statement_does_not_spoil_the_pool(parcels_url):
    db = Database(parcels_url, raw_pool_size=1)

    async def slow():
        async with db.raw() as connection:
            await connection.execute("SELECT pg_sleep(10)")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slow(), 0.2)
    async with db.raw() as connection:
        assert (await (await connection.execute("SELECT 1")).fetchone()) == (1,)
    await db.close()


async def _cut_off(admin_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'parcels' AND datname = current_database()"
        )
    await asyncio.sleep(0.05)


async def test_notices_a_restarted_server_before_the_first_statement(db, parcels, admin_database_url):
    for _ in range(2):
        await asyncio.gather(*(_names(db, parcels) for _ in range(5)))
        await db.ping()
        await _cut_off(admin_database_url)
        async with db.transaction() as tx:
            await tx.execute(text("SELECT 1"))
        await asyncio.gather(*(_names(db, parcels) for _ in range(5)))
        await db.ping()


async def test_a_process_whose_connections_are_all_at_work_still_reaches_the_database(db):
    async def work() -> None:
        async with db.raw() as connection:
            await connection.execute("SELECT pg_sleep(1)")

    running = [asyncio.create_task(work()) for _ in range(6)]
    await asyncio.sleep(0.1)
    await asyncio.wait_for(db.ping(), 0.7)
    await asyncio.gather(*running)


async def test_a_check_of_the_connection_costs_no_statement(db, parcels):
    await _names(db, parcels)
    with count_queries(db) as statements:
        await _names(db, parcels)
    assert len(statements) == 1


async def test_a_server_that_is_down_is_unavailable_and_comes_back(
    proxied_database_url, database_proxy, parcels
):
    db = Database(proxied_database_url, pool_wait_s=1)
    assert await _names(db, parcels) == set()
    await database_proxy.refuse()
    await asyncio.sleep(0.05)
    for attempt in (lambda: _names(db, parcels), db.ping):
        with pytest.raises(Exception) as raised:
            await attempt()
        assert is_unavailable(raised.value), repr(raised.value)
    await database_proxy.open()
    assert await _names(db, parcels) == set()
    await db.ping()
    await db.close()


async def test_a_server_that_falls_silent_is_noticed_in_seconds(db):
    async with db.raw() as raw, db.transaction() as tx:
        pooled = (await tx.get_raw_connection()).driver_connection
        for connection in (raw, pooled):
            parameters = connection.info.get_parameters()
            assert parameters["tcp_user_timeout"] == "20000"
            idle, interval, count = (
                int(parameters[f"keepalives_{name}"]) for name in ("idle", "interval", "count")
            )
            assert idle + interval * count <= 20


async def test_times_are_read_as_utc(db):
    async with db.snapshot() as connection:
        now = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    assert now.utcoffset().total_seconds() == 0


@pytest.mark.parametrize("block", ["transaction", "snapshot"])
async def test_a_commit_that_is_cut_off_leaves_no_transaction_open(db, parcels, block):
    class CutOff(BaseException):
        """Nobody may catch it, as the end of a task."""

    def cut_off(_connection: object) -> None:
        raise CutOff

    event.listen(db.engine.sync_engine, "commit", cut_off, once=True)
    with pytest.raises(CutOff):
        async with getattr(db, block)() as tx:
            await tx.execute(
                select(parcels) if block == "snapshot" else parcels.insert().values(name="one", weight=1)
            )

    async with db.transaction() as tx:
        of_others = "pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user"
        left = f"SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND {of_others}"
        assert 0 == await tx.scalar(text(left))
        assert [] == (await tx.execute(select(parcels))).all()
