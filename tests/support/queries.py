"""Counts statements, so that a test can refuse an N+1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.statements import Answer, Statement


class Statements(list[str]):
    """The statements sent, in order; `len()` of it is their number."""


@contextmanager
def count_queries(db: Any) -> Iterator[Statements]:
    """Collect what is sent to `db` (a chassis Database or an AsyncEngine) inside the block, and every
    `chassis.statements.Statement` of this process.
    """
    engine: AsyncEngine = db if isinstance(db, AsyncEngine) else db.engine
    statements = Statements()

    def remember(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    run = Statement.run

    async def remember_and_run(self: Statement, tx: Any, **values: Any) -> Answer:
        if not isinstance(tx, psycopg.AsyncConnection):
            statements.append(self.sql)
        return await run(self, tx, **values)

    event.listen(engine.sync_engine, "before_cursor_execute", remember)
    Statement.run = remember_and_run
    try:
        yield statements
    finally:
        Statement.run = run
        event.remove(engine.sync_engine, "before_cursor_execute", remember)
