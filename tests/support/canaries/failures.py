"""Ways for a running system to fail while it has people's secrets in its hands."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
from psycopg import sql

from rowlock_local.files import read_json
from support.canaries.cage import admin_url
from support.canaries.tables import TABLES
from support.system import System
from support.waiting import wait_until

POISON = sql.Identifier("poisoned_by_a_test")
PUT_POISON = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} CHECK (false) NOT VALID")
TAKE_POISON = sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}")
SPARED = {"alembic_version", "rate_limits", "data_keys"}
"""Written to before anything else is, or for the schema itself: nothing would get any further."""
BACK_DEADLINE_S = 60


def poisonable(system: System, *schemas: str) -> list[tuple[str, str]]:
    """The tables of these services."""
    with psycopg.connect(admin_url(system)) as connection:
        found = connection.execute(TABLES).fetchall()
    return [(schema, table) for schema, table in found if schema in schemas and table not in SPARED]


@contextmanager
def poisoned(system: System, *tables: tuple[str, str]) -> Iterator[None]:
    """No row can be written to these tables: PostgreSQL's error then quotes the whole row."""
    with psycopg.connect(admin_url(system), autocommit=True) as connection:
        names = [sql.Identifier(*table) for table in tables]
        try:
            for name in names:
                connection.execute(PUT_POISON.format(name, POISON))
            yield
        finally:
            for name in names:
                connection.execute(TAKE_POISON.format(name, POISON))


@asynccontextmanager
async def without_postgres(system: System) -> AsyncIterator[None]:
    """PostgreSQL is gone until the block ends: the launcher, which would bring it back, is asleep."""
    launcher = read_json(system.home.state_file)["launcher"]["pid"]
    os.kill(launcher, signal.SIGSTOP)
    try:
        os.kill(int(read_json(system.home.run / "postgres.json")["pid"]), signal.SIGQUIT)
        await wait_until(lambda: not answers(system), deadline_s=BACK_DEADLINE_S, what="PostgreSQL is gone")
        yield
    finally:
        os.kill(launcher, signal.SIGCONT)
        await wait_until(lambda: answers(system), deadline_s=BACK_DEADLINE_S, what="PostgreSQL is back")


def answers(system: System) -> bool:
    """Whether PostgreSQL takes connections."""
    try:
        psycopg.connect(admin_url(system), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
