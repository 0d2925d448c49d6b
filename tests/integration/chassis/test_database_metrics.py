"""Waits for connections, connections in use, and errors of the database are counted where they happen."""

import asyncio

import pytest
from sqlalchemy import text

from chassis.counting import count_when_committed
from chassis.database import Database
from chassis.metrics import counter
from support.metrics import Figures, Rise

ERRORS = "rowlock_database_errors_total"
LOADED = counter("rowlock_test_parcels_loaded_total", "Parcels loaded")


@pytest.fixture
async def narrow(parcels_url):
    """A process with one connection of each kind, and little patience."""
    db = Database(parcels_url, pool_size=1, raw_pool_size=1, pool_wait_s=0.3)
    yield db
    await db.close()


@pytest.mark.parametrize("pool", ["transactions", "raw"])
async def test_a_wait_for_a_connection_is_as_long_as_it_was(narrow, pool):
    async def use(for_s: float) -> None:
        async with narrow.transaction() if pool == "transactions" else narrow.raw():
            await asyncio.sleep(for_s)

    await use(0)
    rise = Rise()
    await asyncio.gather(use(0.2), use(0))
    assert rise.of("rowlock_pool_wait_seconds_count", pool=pool) == 2
    assert 0.15 < rise.of("rowlock_pool_wait_seconds_sum", pool=pool) < 0.3
    assert rise.of("rowlock_pool_wait_seconds_bucket", pool=pool, le="0.1") == 1


async def test_connections_in_use_and_idle_are_told_by_pool(narrow):
    def connections() -> tuple[float, ...]:
        now = Figures()
        names = [("transactions", "in_use"), ("transactions", "idle"), ("raw", "in_use"), ("raw", "idle")]
        return tuple(
            now.value("rowlock_pool_connections", pool=pool, state=state) or 0 for pool, state in names
        )

    before = connections()
    async with narrow.transaction() as tx, narrow.raw():
        await tx.execute(text("SELECT 1"))
        during = connections()
    after = connections()
    rises = [tuple(b - a for a, b in zip(before, each, strict=True)) for each in (during, after)]
    assert rises == [(1, 0, 1, 0), (0, 1, 0, 1)]


async def test_the_size_of_a_pool_is_told_until_it_is_closed(parcels_url):
    before = Figures().value("rowlock_pool_size", pool="raw") or 0
    db = Database(parcels_url, raw_pool_size=7)
    assert Figures().value("rowlock_pool_size", pool="raw") == before + 7
    await db.close()
    assert (Figures().value("rowlock_pool_size", pool="raw") or 0) == before


@pytest.mark.parametrize("pool", ["transactions", "raw"])
async def test_a_connection_that_did_not_come_free_in_time_is_a_pool_timeout(narrow, pool):
    way = narrow.transaction if pool == "transactions" else narrow.raw
    rise = Rise()
    async with way():
        with pytest.raises(Exception, match="connection"):
            async with way():
                pass
    assert rise.by("kind", ERRORS) == {"pool_timeout": 1}


async def test_a_lock_that_did_not_come_in_time_is_a_lock_timeout(db, parcels):
    async with db.transaction() as tx:
        await tx.execute(parcels.insert(), {"name": "a", "weight": 1})
    rise = Rise()
    async with db.transaction() as holder:
        await holder.execute(text("SELECT FROM parcels FOR UPDATE"))
        with pytest.raises(Exception, match="lock"):
            async with db.raw() as connection:
                await connection.execute("SET lock_timeout = 50")
                await connection.execute("SELECT FROM parcels FOR UPDATE")
    assert rise.by("kind", ERRORS) == {"lock_timeout": 1}


async def test_a_statement_that_took_too_long_is_a_statement_timeout(db):
    rise = Rise()
    with pytest.raises(Exception, match="statement timeout"):
        async with db.snapshot() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 50"))
            await connection.execute(text("SELECT pg_sleep(5)"))
    assert rise.by("kind", ERRORS) == {"statement_timeout": 1}


async def test_a_deadlock_is_counted_although_it_is_tried_again(db, parcels):
    async with db.transaction() as tx:
        await tx.execute(parcels.insert(), [{"name": name, "weight": 1} for name in "ab"])
    met = asyncio.Barrier(2)
    first = {"a": True, "b": True}

    async def lock_both(start: str, end: str) -> None:
        async def work(tx) -> None:
            await tx.execute(text("SELECT FROM parcels WHERE name = :name FOR UPDATE"), {"name": start})
            if first.pop(start, False):
                await met.wait()
            await tx.execute(text("SELECT FROM parcels WHERE name = :name FOR UPDATE"), {"name": end})

        await db.run(work)

    rise = Rise()
    await asyncio.gather(lock_both("a", "b"), lock_both("b", "a"))
    assert rise.by("kind", ERRORS) == {"deadlock": 1}


async def test_a_conflict_of_transactions_is_counted(db):
    rise = Rise()
    with pytest.raises(Exception, match="serialize"):
        async with db.transaction() as tx:
            await tx.execute(text("DO $$ BEGIN RAISE 'could not serialize' USING ERRCODE = '40001'; END $$"))
    assert rise.by("kind", ERRORS) == {"serialization": 1}


async def test_a_server_that_is_away_is_a_connection_error(proxied_database_url, database_proxy):
    db = Database(proxied_database_url, pool_wait_s=1)
    await database_proxy.refuse()
    rise = Rise()
    for way in (db.transaction, db.raw, db.snapshot):
        with pytest.raises(Exception, match="connect"):
            async with way():
                pass
    await db.close()
    assert rise.by("kind", ERRORS) == {"connection": 3}


async def test_a_refusal_of_ours_or_a_broken_rule_of_the_tables_says_nothing_of_the_database(db, parcels):
    rise = Rise()
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            raise ZeroDivisionError
    with pytest.raises(Exception, match="null value"):
        async with db.transaction() as tx:
            await tx.execute(parcels.insert(), {"name": "a", "weight": None})
    assert rise.by("kind", ERRORS) == {}


async def test_what_a_transaction_did_counts_when_it_is_committed(db):
    rise = Rise()
    async with db.transaction() as tx:
        count_when_committed(tx, LOADED, 3)
        assert rise.of("rowlock_test_parcels_loaded_total") == 0
    assert rise.of("rowlock_test_parcels_loaded_total") == 3


async def test_what_a_transaction_did_never_counts_when_it_fails(narrow):
    rise = Rise()
    with pytest.raises(ZeroDivisionError):
        async with narrow.transaction() as tx:
            count_when_committed(tx, LOADED)
            raise ZeroDivisionError
    async with narrow.transaction() as tx:  # on the same connection
        await tx.execute(text("SELECT 1"))
    assert rise.of("rowlock_test_parcels_loaded_total") == 0
