"""Each service's database: the server it is on, and the service's own schema in it."""

import functools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from chassis.database import Database, Snapshot
from chassis.database_errors import DatabaseUnavailable
from chassis.migrate import MigrationsMissing, alembic_config
from rowlock_cli.asking import Unanswered, addresses_of, ask, first_line

COUNTED_MAX = 10_000
"""Messages of an outbox are counted up to here: a backlog is none the worse for being counted further."""

_SERVER = text("""
SELECT current_setting('server_version_num')::int AS version_num,
       current_setting('server_version') AS version,
       (SELECT system_identifier FROM pg_control_system())::text AS server,
       pg_backend_pid() AS backend_pid,
       current_setting('max_connections')::int AS max_connections,
       current_setting('superuser_reserved_connections')::int
           + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved_connections,
       (SELECT sum(numbackends)::int FROM pg_stat_database) AS connections,
       pg_is_in_recovery() AS is_standby,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('lock_timeout') AS lock_timeout,
       current_setting('statement_timeout') AS statement_timeout,
       current_setting('idle_in_transaction_session_timeout') AS idle_in_transaction_session_timeout,
       clock_timestamp() AS now
""")
_HAS_REVISION = text("SELECT to_regclass(:name) IS NOT NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """A PostgreSQL server as one service's role sees it. Timeouts are PostgreSQL's text, "0" for none."""

    version_num: int
    version: str
    server: str
    """Equal for services that are on the same server, by whatever address."""
    backend_pid: int
    max_connections: int
    reserved_connections: int
    connections: int
    is_standby: bool
    fsync: str
    full_page_writes: str
    synchronous_commit: str
    lock_timeout: str
    statement_timeout: str
    idle_in_transaction_session_timeout: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """Where a schema stands among the migrations that are installed here."""

    current: str | None
    """None: never migrated."""
    head: str
    missing: int | None
    """Migrations between the two; None where `current` is not known here: a newer version made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSight:
    """One service's database."""

    service: str
    server: ServerFacts
    is_pooled: bool
    """Whether a pooler such as PgBouncer is in between."""
    clock_ahead_s: float
    took_s: float
    revisions: Revisions
    outbox_messages: int | None
    """Up to COUNTED_MAX; None without such a table."""
    outbox_oldest_s: float | None


@functools.cache
def installed_migrations(service: str) -> tuple[str, ...]:
    """The revisions of a service's migrations, the newest first; read from its folder, which takes a while.
    Raises Unanswered where they are not installed.
    """
    try:
        scripts = ScriptDirectory.from_config(alembic_config(service))
    except MigrationsMissing as error:
        raise Unanswered(f"its migrations are not installed here: {error}") from None
    return tuple(script.revision for script in scripts.walk_revisions())


def revisions_of(service: str, current: str | None) -> Revisions:
    """Where a schema at `current` stands. Raises Unanswered as `installed_migrations`."""
    known = installed_migrations(service)
    missing = len(known) if current is None else known.index(current) if current in known else None
    return Revisions(current=current, head=known[0], missing=missing)


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Database]:
    """A database to look at, over one connection. Raises Unanswered for an address that leads nowhere."""
    try:
        address = make_url(database_url)
    except ArgumentError:
        raise Unanswered("not a URL of PostgreSQL") from None
    if address.host:
        await ask(addresses_of(address.host))
    db = Database(database_url, 1, raw_pool_size=1, application_name="rowlock-status")
    try:
        yield db
    finally:
        await db.close()


async def look_at_database(service: str, database_url: str) -> DatabaseSight:
    """Raises Unanswered."""
    try:
        return await ask(_look(service, database_url))
    except (SQLAlchemyError, psycopg.Error, DatabaseUnavailable) as error:
        raise Unanswered(database_error(error)) from None


def database_error(error: Exception) -> str:
    """The server's words, or the driver's, in one line."""
    return first_line(getattr(error, "orig", None) or error)


async def _look(service: str, database_url: str) -> DatabaseSight:
    async with opened(database_url) as db:
        is_pooled = await _is_pooled(db)
        async with db.snapshot() as conn:
            asked_at = datetime.now(UTC)
            server = ServerFacts(**(await conn.execute(_SERVER)).mappings().one())
            took_s = (datetime.now(UTC) - asked_at).total_seconds()
            messages, oldest_s = await _outbox(conn, service)
            return DatabaseSight(
                service=service,
                server=server,
                is_pooled=is_pooled,
                clock_ahead_s=(server.now - asked_at).total_seconds() - took_s / 2,
                took_s=took_s,
                revisions=await _revisions(conn, service),
                outbox_messages=messages,
                outbox_oldest_s=oldest_s,
            )


async def _is_pooled(db: Database) -> bool:
    """A pooler tells a process id of its own making."""
    async with db.raw() as connection:
        row: Sequence[Any] | None = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
        return row is None or row[0] != connection.info.backend_pid


async def _outbox(conn: Snapshot, service: str) -> tuple[int | None, float | None]:
    if not await conn.scalar(_HAS_REVISION, {"name": f"{service}.outbox"}):
        return None, None
    # By id, which is the order they were written in, near enough: the time has no index.
    found = text(
        f"SELECT (SELECT count(*) FROM (SELECT FROM {service}.outbox LIMIT {COUNTED_MAX}) AS counted), "  # noqa: S608 -- the name of an installed service
        "extract(epoch FROM clock_timestamp() - "
        f"(SELECT occurred_at FROM {service}.outbox ORDER BY id LIMIT 1))::float"
    )
    messages, oldest_s = (await conn.execute(found)).one()
    return messages, oldest_s


async def _revisions(conn: Snapshot, service: str) -> Revisions:
    current = None
    if await conn.scalar(_HAS_REVISION, {"name": f"{service}.alembic_version"}):
        current = await conn.scalar(text(f"SELECT version_num FROM {service}.alembic_version"))  # noqa: S608 -- as above
    return revisions_of(service, current)
