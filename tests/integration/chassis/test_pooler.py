"""Our connections behind PgBouncer in transaction mode, which lends each transaction another session."""

import asyncio
import os
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.database import Database
from chassis.database_errors import is_unavailable
from chassis.provisioning import provision
from chassis.relay import Relay
from support import databases
from support.pgbouncer import keeps_prepared_statements, pgbouncer, require_program

ROLE_PASSWORD = "test"
SETTINGS = "plan_cache_mode", "enable_seqscan", "enable_sort", "synchronous_commit", "statement_timeout"


@pytest.fixture(scope="module")
def program() -> str:
    return require_program()


@pytest.fixture(scope="module")
def one_session_url(program: str, parcels_url: str) -> Iterator[str]:
    """DATABASE_URL by way of a PgBouncer with one session of the server, which everybody gets in turn."""
    passwords = {"parcels": ROLE_PASSWORD}
    with pgbouncer(program, server_url=parcels_url, passwords=passwords, pool_size=1) as bouncer:
        yield bouncer.through(parcels_url)


@pytest.fixture(scope="module")
def two_sessions_url(program: str, parcels_url: str) -> Iterator[str]:
    """The same with two, lent alternately."""
    passwords = {"parcels": ROLE_PASSWORD}
    with pgbouncer(program, server_url=parcels_url, passwords=passwords, pool_size=2) as bouncer:
        yield bouncer.through(parcels_url)


async def _session(url: str) -> dict[str, Any]:
    """What is set in the one session of the server, as the next to get it finds it."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        found = {}
        for name in SETTINGS:
            found[name] = (await (await connection.execute(f"SHOW {name}")).fetchone() or [None])[0]
        answer = await connection.execute(
            "SELECT (SELECT count(*) FROM pg_prepared_statements),"
            " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"
        )
        found["prepared"], found["locks"] = await answer.fetchone() or (None, None)
    return found


async def _work(db: Database, outbox, broker, message_class) -> None:
    """Every kind of connection, each more often than a statement is run before it is prepared."""
    relay = Relay(db, outbox, broker)
    for _ in range(8):
        async with db.transaction() as tx:
            await tx.execute(text("SELECT pg_advisory_xact_lock(7)"))
            await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=1))
        async with db.snapshot() as snapshot:
            await snapshot.execute(text("SELECT count(*) FROM outbox"))
        async with db.raw() as connection:
            await connection.execute("SELECT count(*) FROM outbox WHERE attempts = %s", [0])
        assert await relay.send_batch() == 1
        await db.ping()


async def test_leaves_nothing_behind_in_the_session_of_the_server(
    one_session_url, outbox, broker, message_class
):
    before = await _session(one_session_url)
    db = Database(one_session_url, application_name="parcels-pooled")
    await _work(db, outbox, broker, message_class)
    await db.close()
    assert await _session(one_session_url) == before
    assert before["prepared"] == before["locks"] == 0


async def test_a_direct_connection_has_settings_of_its_own(db):
    async with db.raw() as connection:
        row = await (await connection.execute("SHOW plan_cache_mode")).fetchone()
    assert row == ("force_generic_plan",)


async def test_many_processes_share_few_sessions(two_sessions_url, outbox, broker, message_class):
    processes = [Database(two_sessions_url, pool_size=3) for _ in range(4)]
    await asyncio.gather(*(_many(db, outbox, message_class) for db in processes))
    relay = Relay(processes[0], outbox, broker)
    sent = 0
    while count := await relay.send_batch():
        sent += count
    assert sent == 4 * 30
    for db in processes:
        await db.close()


async def _many(db: Database, outbox, message_class) -> None:
    async def one() -> None:
        async with db.transaction() as tx:
            await outbox.enqueue(tx, message_class(parcel_id=uuid.uuid4(), weight=1))
        async with db.raw() as connection:
            answer = await connection.execute("SELECT %s::int + 1", [1])
            assert await answer.fetchone() == (2,)

    await asyncio.gather(*(one() for _ in range(30)))


async def test_times_are_utc_and_the_roles_settings_hold(two_sessions_url, admin_database_url):
    with psycopg.connect(admin_database_url, autocommit=True) as admin:
        admin.execute("ALTER ROLE parcels SET TimeZone = 'Asia/Tokyo'")
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'parcels' AND datname = current_database()"
        )
    db = Database(two_sessions_url)
    try:
        for _ in range(4):
            async with db.transaction() as tx:
                row = (await tx.execute(text("SELECT now(), current_setting('lock_timeout')"))).one()
                assert (row[0].utcoffset().total_seconds(), row[1]) == (0, "2s")
            async with db.raw() as connection:
                row = await (await connection.execute("SELECT now(), current_schema()")).fetchone()
                assert row is not None
                assert (row[0].utcoffset().total_seconds(), row[1]) == (0, "parcels")
    finally:
        await db.close()
        with psycopg.connect(admin_database_url, autocommit=True) as admin:
            admin.execute("ALTER ROLE parcels RESET TimeZone")


async def test_prepared_statements_are_kept_where_pgbouncer_can(program, two_sessions_url, parcels):
    if not keeps_prepared_statements(program):
        pytest.skip("this PgBouncer is older than 1.22: it keeps no prepared statements")
    db = Database(two_sessions_url, pool_size=1, pooler_prepares=True)
    for number in range(20):
        async with db.raw() as connection:
            answer = await connection.execute("SELECT name, statement FROM pg_prepared_statements")
            names = [name for name, _ in await answer.fetchall()]
            assert names, "the statement that asks is one"
            assert all(name.startswith("PGBOUNCER_") for name in names)
        with pytest.raises(ZeroDivisionError):
            async with db.transaction() as tx:  # at its rollback psycopg forgets all it has prepared
                await tx.execute(parcels.insert(), {"name": f"never {number}", "weight": 1})
                raise ZeroDivisionError
        async with db.transaction() as tx:
            await tx.execute(parcels.insert(), {"name": f"parcel {number}", "weight": 1})
    await db.close()


async def test_schemas_are_migrated_through_it_two_at_once(program, parts):
    name = f"rowlock_pooled_{parts.run}_{parts.worker}"
    admin_url = databases.create(admin_url=parts.admin_url, name=name)
    try:
        url = provision(admin_url, "reservation", ROLE_PASSWORD, name)
        passwords = {"reservation": ROLE_PASSWORD}
        with pgbouncer(program, server_url=url, passwords=passwords, pool_size=2) as bouncer:
            through = bouncer.through(url)
            both = [await _start_migration(through) for _ in range(2)]
            assert [await process.wait() for process in both] == [0, 0]
            for _ in range(2):
                session = await _session(through)
                assert (session["locks"], session["prepared"], session["statement_timeout"]) == (0, 0, "15s")
            with psycopg.connect(url) as direct:
                assert direct.execute("SELECT count(*) FROM reservation.seats").fetchone() == (0,)
    finally:
        databases.drop(admin_url=parts.admin_url, name=name)


async def _start_migration(url: str) -> asyncio.subprocess.Process:
    argv = (sys.executable, "-m", "chassis.migrate", "reservation")
    return await asyncio.create_subprocess_exec(*argv, env={**os.environ, "DATABASE_URL": url})


async def test_waiting_too_long_for_a_session_is_an_unavailable_database(program, parcels_url):
    passwords = {"parcels": ROLE_PASSWORD}
    with pgbouncer(
        program, server_url=parcels_url, passwords=passwords, pool_size=1, query_wait_s=1
    ) as bouncer:
        db = Database(bouncer.through(parcels_url), pool_size=2)
        async with db.transaction() as tx:
            await tx.execute(text("SELECT 1"))
            with pytest.raises((DBAPIError, psycopg.Error)) as caught:
                await db.ping()
            assert is_unavailable(caught.value)
        await db.ping()  # and then it is there again
        await db.close()
