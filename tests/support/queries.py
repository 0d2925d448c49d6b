"""Counts statements, so that a test can refuse an N+1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


class Statements(list[str]):
    """The statements sent, in order; `len()` of it is their number."""


@contextmanager
def count_queries(db: Any) -> Iterator[Statements]:
    """Collect what is sent to `db` (a chassis Database or an AsyncEngine) inside the block."""
    engine: AsyncEngine = db if isinstance(db, AsyncEngine) else db.engine
    statements = Statements()

    def remember(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", remember)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", remember)
