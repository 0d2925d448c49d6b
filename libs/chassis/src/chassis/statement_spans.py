"""Statements in traces: one span for each that is executed as a step of some work, named by what it does.

A psycopg cursor does it, for SQLAlchemy and raw connections alike. What the statement is given never gets
here: all values are parameters, and only the text is kept.
"""

import re
from collections.abc import Awaitable
from functools import lru_cache
from typing import Any

import psycopg

from chassis import tracing

TEXT_CHARS_MAX = 500
KNOWN_MAX = 2_000
_VERB = re.compile(r"\s*([A-Za-z]+)")
# Tables are named with their schema everywhere: what has no dot is an alias, a column or a keyword.
_TABLE = re.compile(r"\b(FROM|JOIN|INTO|UPDATE)\s+([a-z_]+\.[a-z_]+)", re.IGNORECASE)
_CHANGES = {"INTO": "INSERT", "UPDATE": "UPDATE"}

Query = Any  # psycopg.abc.Query, whose string must be a literal


class SeenCursor(psycopg.AsyncCursor[Any]):
    """A cursor whose statements are steps. Its methods are no coroutines, so that it costs nothing unseen."""

    def execute(self, query: Query, params: Any = None, **how: Any) -> Awaitable[Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """See psycopg."""
        done = super().execute(query, params, **how)
        return _seen(query, done) if tracing.recording() else done

    def executemany(self, query: Query, params_seq: Any, **how: Any) -> Awaitable[None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """See psycopg."""
        done = super().executemany(query, params_seq, **how)
        return _seen(query, done) if tracing.recording() else done


async def _seen(query: Query, done: Awaitable[Any]) -> Any:
    with statement_step(query) as span:
        try:
            return await done
        except psycopg.Error as error:
            if error.sqlstate:
                span.set("db.response.status_code", error.sqlstate)
            raise


def statement_step(query: Query) -> tracing.SpanBlock:
    """A step that is this statement."""
    if not tracing.recording():
        return tracing.NOTHING
    summary, text = _described(query) if isinstance(query, str | bytes) else ("SQL", "")
    attributes = {
        "db.system.name": "postgresql",
        "db.operation.name": summary.partition(" ")[0],
        "db.query.summary": summary,
        "db.query.text": text,
    }
    return tracing.step(summary, tracing.CLIENT, attributes)


@lru_cache(KNOWN_MAX)
def _described(query: str | bytes) -> tuple[str, str]:
    """What the statement does to which tables, in a few words, and the beginning of its text."""
    text = query.decode() if isinstance(query, bytes) else query
    one_line = " ".join(text.split())
    return summary_of(one_line), one_line[:TEXT_CHARS_MAX]


def summary_of(statement: str) -> str:
    """`SELECT orders.orders`, `DELETE reservation.seats`; of WITH every change: `INSERT a.b UPDATE a.c`."""
    verb = found[1].upper() if (found := _VERB.match(statement)) else "SQL"
    named = [(word.upper(), table.lower()) for word, table in _TABLE.findall(statement)]
    if verb == "WITH":
        changes = dict.fromkeys(f"{_CHANGES[word]} {table}" for word, table in named if word in _CHANGES)
        return " ".join(changes) or f"WITH {named[0][1]}" if named else verb
    return f"{verb} {named[0][1]}" if named else verb
