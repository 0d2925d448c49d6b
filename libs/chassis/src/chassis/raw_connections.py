"""A small pool of autocommit psycopg connections whose statements are prepared at first use.

For hot paths that send one statement a transaction: no BEGIN, no COMMIT, no ORM layer.
"""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from chassis.database_errors import DatabaseUnavailable
from chassis.database_metrics import COUNTING_ERRORS, PoolUse, PoolWait
from chassis.database_sessions import set_up

Connection = psycopg.AsyncConnection[Any]

# Their statements are the same all day: one plan for all values, instead of five tries with plans of their
# own on each connection, which take milliseconds each on a statement worth preparing.
PLANS = {"plan_cache_mode": "force_generic_plan"}


class RawConnections:
    """At most `size` connections; the most recently used goes first, so its plans are warm. `pool` is
    what metrics call them.
    """

    def __init__(
        self,
        pool: str,
        *,
        conninfo: str,
        size: int,
        wait_s: float,
        parameters: dict[str, Any],
        pooler_prepares: bool = False,
    ) -> None:
        self._conninfo = conninfo
        self._pooler_prepares = pooler_prepares
        self._parameters = parameters
        self._wait_s = wait_s
        self._pool = pool
        self._size = size
        self._in_use = 0
        self._free = asyncio.Semaphore(size)
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Raises DatabaseUnavailable when none comes free in time, psycopg errors otherwise."""
        wait = PoolWait(self._pool)
        with COUNTING_ERRORS:
            await self._acquire()
            self._in_use += 1
            try:
                connection = await self._take()
                wait.over()
                try:
                    yield connection
                finally:
                    await self._give_back(connection)
            finally:
                self._in_use -= 1
                self._free.release()

    def use(self) -> PoolUse:
        """How many of them are open, and at work."""
        return PoolUse(self._pool, self._size, self._in_use, len(self._idle))

    async def _acquire(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_s)
        except TimeoutError:
            raise DatabaseUnavailable(f"no free database connection within {self._wait_s} s") from None

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not _server_went_away(connection):
                return connection
            await connection.close()
        connection = await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, prepare_threshold=0, **self._parameters
        )
        return await set_up(connection, own_settings=PLANS, pooler_prepares=self._pooler_prepares)

    async def _give_back(self, connection: Connection) -> None:
        # Anything but idle (a cancelled statement, an open block) is not worth reasoning about.
        if connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            await connection.close()

    async def close(self) -> None:
        """Close the idle connections; those in use close when they are given back unusable."""
        while self._idle:
            await self._idle.pop().close()


def _server_went_away(connection: Connection) -> bool:
    """Nothing is ever pending on an idle connection's socket except the end of it."""
    if connection.closed:
        return True
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))
