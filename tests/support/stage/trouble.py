"""Trouble for a running system: processes that hang, tables that are locked, rights that are gone, a broker in need."""

import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql

from rowlock_local.files import read_json
from rowlock_local.parts.postgres import DATABASE, admin_url
from rowlock_local.parts.rabbitmq import environment
from rowlock_local.parts.rabbitmq_install import find_programs
from support.system import System


@contextmanager
def hanging(system: System, *names: str) -> Iterator[None]:
    """These processes, such as `orders-worker-1` or `gateway`, do nothing (SIGSTOP) until the block ends."""
    pids = [int(read_json(system.home.run / f"{name}.json")["pid"]) for name in names]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def superuser(system: System) -> AsyncIterator[psycopg.AsyncConnection]:
    """A session of PostgreSQL's superuser; each statement is a transaction of its own."""
    port = read_json(system.home.ports_file)["postgres"]
    url = admin_url(system.home, port=port, database=DATABASE)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        yield connection


@asynccontextmanager
async def locked(system: System, table: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Nobody else gets at the table until the block ends; in its transaction more can be done."""
    async with superuser(system) as connection, connection.transaction(force_rollback=True):
        await lock(connection, table)
        yield connection


async def lock(connection: psycopg.AsyncConnection, table: str) -> None:
    """Within a transaction; waits for as long as others have it."""
    name = sql.Identifier(*table.split("."))
    await connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(name))


@asynccontextmanager
async def without_right(system: System, right: LiteralString, table: str) -> AsyncIterator[None]:
    """The service whose table it is may not SELECT, say, until the block ends."""
    names = {
        "right": sql.SQL(right),
        "table": sql.Identifier(*table.split(".")),
        "role": sql.Identifier(_role(table)),
    }
    async with superuser(system) as connection:
        await connection.execute(sql.SQL("REVOKE {right} ON {table} FROM {role}").format(**names))
        try:
            yield
        finally:
            await connection.execute(sql.SQL("GRANT {right} ON {table} TO {role}").format(**names))


@asynccontextmanager
async def shut_out(system: System, service: str) -> AsyncIterator[None]:
    """The service's role loses its sessions and gets no new ones until the block ends."""
    role = sql.Identifier(_role(service))
    async with superuser(system) as connection:
        await connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(role))
        ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
        await connection.execute(ending, (_role(service),))
        try:
            yield
        finally:
            await connection.execute(sql.SQL("ALTER ROLE {} LOGIN").format(role))


def _role(table_or_service: str) -> str:
    return table_or_service.split(".", maxsplit=1)[0]


def rabbitmq(system: System, program: str, *arguments: str) -> str:
    """Run `rabbitmqctl` or `rabbitmq-plugins` on the system's broker; what it printed."""
    programs = find_programs()
    assert programs, "the system runs on RabbitMQ, so its programs are here"
    own = environment(system.home.rabbitmq.resolve(), read_json(system.home.ports_file))
    argv = (programs.server.with_name(program), *arguments)
    done = subprocess.run(argv, env={**os.environ, **own}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
