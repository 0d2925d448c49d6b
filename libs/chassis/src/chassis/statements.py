"""Statements that every sale waits for: compiled once, sent without the layers that compile others each
time, and several of them in one round trip.

    LOCK = Statement("SELECT version FROM orders.orders WHERE order_id = :order_id FOR NO KEY UPDATE")

    async with at_once(tx):
        locked = await LOCK.run(tx, order_id=order_id)
        lines = await LINES.run(tx, order_id=order_id)
    versions = [row["version"] for row in await locked.all()]

They are part of the same transaction as whatever else is executed in `tx`, and fail with the same errors.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

from chassis.database import Transaction
from chassis.database_connections import TOGETHER
from chassis.database_errors import AskedTooEarly

RawConnection = psycopg.AsyncConnection[Any]
"""Of `Database.raw`, where each statement is a transaction of its own."""

__all__ = ["Answer", "AskedTooEarly", "RawConnection", "Statement", "Together", "at_once"]

_DIALECT = PGDialect_psycopg()


class Answer:
    """What a statement gave; AskedTooEarly where its `at_once` block is not over yet."""

    def __init__(self, cursor: psycopg.AsyncCursor[DictRow], together: "Together | None") -> None:
        self._cursor_given = cursor
        self._together = together

    @property
    def rows_changed(self) -> int:
        """How many rows it wrote, or gave."""
        return self._cursor.rowcount

    async def all(self) -> list[DictRow]:
        """All rows."""
        return await self._cursor.fetchall()

    async def first(self) -> DictRow | None:
        """The first row, if there is one."""
        return await self._cursor.fetchone()

    @property
    def _cursor(self) -> psycopg.AsyncCursor[DictRow]:
        if self._together is not None and not self._together.is_over:
            raise AskedTooEarly
        return self._cursor_given


class Statement:
    """`clause` is SQL with parameters as `:name`, or an expression of SQLAlchemy with bound parameters.

    Values go to the driver as they are: no type of SQLAlchemy converts them. What is stored as JSON is
    wrapped in psycopg's Jsonb.
    """

    def __init__(self, clause: str | ClauseElement) -> None:
        compiled = (text(clause) if isinstance(clause, str) else clause).compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self._query = self.sql.encode()  # as bytes, which psycopg takes from anybody, unlike text
        # What an expression has as literals goes along each time.
        self._literals = {name: value for name, value in (compiled.params or {}).items() if value is not None}

    async def run(self, tx: Transaction | RawConnection, **values: Any) -> Answer:
        """Send it; outside of `at_once` also wait for what it gives."""
        cursor = _driver(tx).cursor(row_factory=dict_row)
        with _errors_as_elsewhere():
            await cursor.execute(self._query, {**self._literals, **values}, prepare=True)
        together = None if isinstance(tx, psycopg.AsyncConnection) else tx.info.get(TOGETHER)
        return Answer(cursor, together)


class Together:
    """Statements that are on their way together."""

    def __init__(self) -> None:
        self._checks: list[Callable[[], None]] = []
        self.is_over = False

    def then(self, check: Callable[[], None]) -> None:
        """Have `check` look at their answers when these are there; it may raise."""
        self._checks.append(check)

    def look(self) -> None:
        """The answers are there: make the checks."""
        self.is_over = True
        for check in self._checks:
            check()


@asynccontextmanager
async def at_once(tx: Transaction) -> AsyncIterator[Together]:
    """Send the statements of the block together and wait for them at its end, where at the latest the error
    of any of them is raised. They run one after the other, each seeing what was committed before it began.

    A block within another is part of it. What SQLAlchemy executes inside may write, but give no rows, which
    are not there yet: AskedTooEarly.
    """
    of_connection = tx.info
    outer: Together | None = of_connection.get(TOGETHER)
    if outer is not None:
        yield outer
        return
    together = of_connection[TOGETHER] = Together()
    try:
        with _errors_as_elsewhere():
            async with _driver(tx).pipeline():
                yield together
    finally:
        del of_connection[TOGETHER]
    together.look()


def _driver(tx: Transaction | RawConnection) -> RawConnection:
    if isinstance(tx, psycopg.AsyncConnection):
        return tx
    connection: Any = tx.sync_connection
    return connection.connection.driver_connection


@contextmanager
def _errors_as_elsewhere() -> Iterator[None]:
    """As SQLAlchemy raises them; without the values, which may be somebody's data."""
    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True) from error
