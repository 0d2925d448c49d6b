"""PostgreSQL access: transactions that commit at the edge, read-only snapshots, and raw
psycopg connections for a statement that is its own transaction.

Application code below the edge receives a `Transaction` and never commits.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Self, TypeVar

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.backoff import backoff_s
from chassis.counting import forget_counted, take_counted
from chassis.database_connections import connection_parameters, create_engine
from chassis.database_errors import is_conflict
from chassis.database_metrics import COUNTING_ERRORS, PoolUse, PoolWait, Watched
from chassis.raw_connections import RawConnections
from chassis.settings import ServiceSettings
from chassis.statement_spans import statement_step

R = TypeVar("R")

Transaction = AsyncConnection
Snapshot = AsyncConnection

RAW_POOL_SIZE = 4
BESIDE_SIZE = 1
RELAY_LANES = 4
"""Batches of messages one process has on their way to the broker at most."""
MESSAGES = "chassis.messages"
"""Marks a transaction (in its `info`) that put messages into the outbox."""
RETRIES_MAX = 3
RETRY_DELAY_S = 0.01
RETRY_DELAY_S_MAX = 0.1


class Database:
    """One service's database as seen by one process.

    `pool_size` bounds the connections for transactions; `raw_pool_size` those of `raw()`.
    A caller waits at most `pool_wait_s` for a connection. The URL may lead through a pooler of transactions
    (`database_sessions`); `pooler_prepares` says that it keeps prepared statements.
    """

    def __init__(
        self,
        url: str,
        pool_size: int = 10,
        *,
        raw_pool_size: int = RAW_POOL_SIZE,
        pool_wait_s: float = 5.0,
        application_name: str = "rowlock",
        pooler_prepares: bool = False,
    ) -> None:
        address = make_url(url)
        self._engine = create_engine(
            address, pool_size, pool_wait_s, application_name, pooler_prepares=pooler_prepares
        )
        self._snapshots = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        raw_connections = partial(
            RawConnections,
            conninfo=address.set(drivername="postgresql").render_as_string(hide_password=False),
            wait_s=pool_wait_s,
            parameters=connection_parameters(application_name),
            pooler_prepares=pooler_prepares,
        )
        self._raw = raw_connections("raw", size=raw_pool_size)
        # For what must not wait while every other connection is at work: the readiness of the process,
        # and the keys a transaction asks for while it has one of those.
        self._beside = raw_connections("beside", size=BESIDE_SIZE)
        self._relaying = raw_connections("relay", size=RELAY_LANES)
        self._on_messages: list[Callable[[], None]] = []
        self._watched = Watched(self._pool_uses)
        self._connections_max = {"transactions": pool_size, "raw": raw_pool_size, "beside": BESIDE_SIZE}

    @classmethod
    def of(cls, settings: ServiceSettings, *, process: str, raw_pool_size: int = RAW_POOL_SIZE) -> Self:
        """The database of a service's process (`api` or `worker`), as its settings say."""
        return cls(
            settings.database_url,
            settings.database_pool_size,
            raw_pool_size=raw_pool_size,
            pool_wait_s=settings.database_pool_wait_s,
            application_name=f"{settings.service_name}-{process}",
            pooler_prepares=settings.database_pooler_prepares,
        )

    @property
    def engine(self) -> AsyncEngine:
        """For query counting in tests and the like; application code has no use for it."""
        return self._engine

    def connections_max(self, *, relays: bool) -> dict[str, int]:
        """The most connections this process opens, by what they are for; `relays`: it has a relay."""
        return self._connections_max | ({"relay": RELAY_LANES} if relays else {})

    def on_messages(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each commit of this process that put messages into the outbox; it must
        not block or raise.
        """
        self._on_messages.append(callback)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """READ COMMITTED; commits when the block ends, rolls back when it raises."""
        wait = PoolWait("transactions")
        with COUNTING_ERRORS:
            async with AsyncExitStack() as block:
                tx = await block.enter_async_context(self._engine.begin())
                wait.over()
                tx.info.pop(MESSAGES, None)  # of a transaction that failed on this connection
                forget_counted(tx)
                yield tx
                has_messages = tx.info.pop(MESSAGES, False)
                counted = take_counted(tx)
                # By its own end, which also rolls back what could not be committed.
                with statement_step("COMMIT"):
                    await block.aclose()
        for counter, amount in counted:
            counter.inc(amount)
        if has_messages:
            for callback in self._on_messages:
                callback()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Read-only REPEATABLE READ: all queries of the block see one moment."""
        wait = PoolWait("transactions")
        with COUNTING_ERRORS:
            # It commits: at a rollback psycopg forgets all that this connection has prepared, for everybody.
            async with self._snapshots.begin() as connection:
                wait.over()
                yield connection

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A psycopg connection in autocommit: each statement is one round trip and one commit.

        Statements are prepared at first use. Nothing may be set or kept for the session: behind a pooler
        the next statement may run in another.
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

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """One of the relay's own RELAY_LANES connections, in autocommit."""
        async with self._relaying.connection() as connection:
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
        self._watched.unwatch()
        await self._relaying.close()
        await self._beside.close()
        await self._raw.close()
        await self._engine.dispose()

    def _pool_uses(self) -> list[PoolUse]:
        pool: Any = self._engine.pool
        transactions = PoolUse("transactions", pool.size(), pool.checkedout(), pool.checkedin())
        return [transactions, self._raw.use(), self._relaying.use(), self._beside.use()]
