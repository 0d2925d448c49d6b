"""PostgreSQL access: transactions that commit at the edge, read-only snapshots, and raw
psycopg connections for a statement that is its own transaction.

Application code below the edge receives a `Transaction` and never commits.
"""

import asyncio
import select
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self, TypeVar

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.backoff import backoff_s
from chassis.database_errors import is_conflict
from chassis.raw_connections import RawConnections
from chassis.settings import ServiceSettings

R = TypeVar("R")

Transaction = AsyncConnection
Snapshot = AsyncConnection

RAW_POOL_SIZE = 4
RETRIES_MAX = 3
RETRY_DELAY_S = 0.01
RETRY_DELAY_S_MAX = 0.1
CONNECT_TIMEOUT_S = 5
# A server that falls silent (its machine or the network is gone) is noticed in 20 s: by probes on an
# idle connection, by unacknowledged data on a busy one. Without these it takes minutes to hours.
SILENCE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}


class Database:
    """One service's database as seen by one process.

    `pool_size` bounds the connections for transactions; `raw_pool_size` those of `raw()`.
    A caller waits at most `pool_wait_s` for a connection.
    """

    def __init__(
        self,
        url: str,
        pool_size: int = 10,
        *,
        raw_pool_size: int = RAW_POOL_SIZE,
        pool_wait_s: float = 5.0,
        application_name: str = "rowlock",
    ) -> None:
        address = make_url(url)
        self._engine = _create_engine(address, pool_size, pool_wait_s, application_name)
        self._snapshots = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        raw_connections = partial(
            RawConnections,
            conninfo=address.set(drivername="postgresql").render_as_string(hide_password=False),
            wait_s=pool_wait_s,
            parameters=_raw_connection_parameters(application_name),
        )
        self._raw = raw_connections(size=raw_pool_size)
        # For what must not wait while every other connection is at work: the readiness of the process,
        # and the keys a transaction asks for while it has one of those.
        self._beside = raw_connections(size=1)
        self._on_commit: list[Callable[[], None]] = []

    @classmethod
    def of(cls, settings: ServiceSettings, *, process: str, raw_pool_size: int = RAW_POOL_SIZE) -> Self:
        """The database of a service's process (`api` or `worker`), as its settings say."""
        return cls(
            settings.database_url,
            settings.database_pool_size,
            raw_pool_size=raw_pool_size,
            pool_wait_s=settings.database_pool_wait_s,
            application_name=f"{settings.service_name}-{process}",
        )

    @property
    def engine(self) -> AsyncEngine:
        """For query counting in tests and the like; application code has no use for it."""
        return self._engine

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each commit of this process; it must not block or raise."""
        self._on_commit.append(callback)

    def committed(self) -> None:
        """Tell the `on_commit` callbacks. Only a user of `raw()` has to call this itself."""
        for callback in self._on_commit:
            callback()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """READ COMMITTED; commits when the block ends, rolls back when it raises."""
        async with self._engine.begin() as tx:
            yield tx
        self.committed()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Read-only REPEATABLE READ: all queries of the block see one moment."""
        async with self._snapshots.connect() as connection:
            yield connection

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A psycopg connection in autocommit: each statement is one round trip and one commit.

        Statements are prepared at first use. Call `committed()` after one that wrote the outbox.
        """
        async with self._raw.connection() as connection:
            yield connection

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """The one connection apart from the pools, in autocommit, for a short statement only: it is
        there even while every other is in use, so it may be asked for within a transaction.
        """
        async with self._beside.connection() as connection:
            yield connection

    async def run(self, work: Callable[[Transaction], Awaitable[R]]) -> R:
        """Run `work(tx)` in a transaction of its own; serialization failures and deadlocks are
        run again at most RETRIES_MAX times, so `work` must have no effect outside `tx`.
        """
        attempt = 0
        while True:
            try:
                async with self.transaction() as tx:
                    return await work(tx)
            except Exception as error:
                if attempt >= RETRIES_MAX or not is_conflict(error):
                    raise
            attempt += 1
            await asyncio.sleep(backoff_s(attempt, first_s=RETRY_DELAY_S, most_s=RETRY_DELAY_S_MAX))

    async def ping(self) -> None:
        """Raise when the database does not answer."""
        async with self.beside() as connection:
            await connection.execute("SELECT 1")

    async def close(self) -> None:
        """Close all connections."""
        await self._beside.close()
        await self._raw.close()
        await self._engine.dispose()


def _connection_parameters(application_name: str) -> dict[str, Any]:
    # TimeZone=UTC so that every timestamptz is read as UTC, whatever the server's setting.
    return {
        "application_name": application_name,
        "connect_timeout": CONNECT_TIMEOUT_S,
        **SILENCE,
        "options": "-c TimeZone=UTC",
    }


def _raw_connection_parameters(application_name: str) -> dict[str, Any]:
    # Their statements are the same all day: one plan for all values, instead of five tries with plans
    # of their own on each connection, which take milliseconds each on a statement worth preparing.
    parameters = _connection_parameters(application_name)
    return parameters | {"options": f"{parameters['options']} -c plan_cache_mode=force_generic_plan"}


def _create_engine(address: URL, pool_size: int, pool_wait_s: float, application_name: str) -> AsyncEngine:
    engine = create_async_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_wait_s,
        pool_use_lifo=True,
        use_native_hstore=False,
        hide_parameters=True,  # an error message must not carry personal data into a log
        connect_args=_connection_parameters(application_name),
    )
    event.listen(engine.sync_engine, "checkout", _refuse_broken_connection)
    return engine


def _refuse_broken_connection(dbapi_connection: Any, _record: object, _proxy: object) -> None:
    """Notice a server that went away, without the round trip of `pool_pre_ping`: nothing is
    ever pending on an idle connection's socket except the end of it.
    """
    if _is_readable(dbapi_connection.driver_connection.fileno()):
        raise DisconnectionError("the server closed this connection")


def _is_readable(file_descriptor: int) -> bool:
    poller = select.poll()
    poller.register(file_descriptor, select.POLLIN)
    return bool(poller.poll(0))
