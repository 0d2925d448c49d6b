"""What each new connection is told first, in one round trip, and what it must leave if it is not direct.

Between us and PostgreSQL there may be a pooler such as PgBouncer in transaction mode, which lends us a
session of the server for one transaction at a time. What is set for a session would then be set for
somebody else, but for what the pooler keeps track of (TimeZone); and a prepared statement is found again
only if the pooler takes care of that. A pooler tells a process id of its own making, so the server's own
word gives it away.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

Connection = psycopg.AsyncConnection[Any]


def set_up_statement(
    connection: Connection, own_settings: Mapping[str, str] | None = None
) -> tuple[bytes, dict[str, Any]]:
    """A statement and its parameters. It makes every timestamptz be read as UTC, whatever the server's
    setting, and sets `own_settings` where the session is ours alone; it answers first whether it is.
    """
    parameters: dict[str, Any] = {"pid": connection.info.backend_pid}
    answers = ["pg_backend_pid() = %(pid)s", "set_config('TimeZone', 'UTC', false)"]
    for number, (name, value) in enumerate((own_settings or {}).items()):
        parameters |= {f"name{number}": name, f"value{number}": value}
        setting = f"set_config(%(name{number})s, %(value{number})s, false)"
        answers.append(f"CASE WHEN pg_backend_pid() = %(pid)s THEN {setting} END")
    return f"SELECT {', '.join(answers)}".encode(), parameters


def limit_preparing(connection: Connection, *, is_direct: bool, pooler_prepares: bool) -> None:
    """Prepare nothing through a pooler, unless it keeps prepared statements (DATABASE_POOLER_PREPARES)."""
    if not (is_direct or pooler_prepares):
        connection.prepare_threshold = None


async def set_up(
    connection: Connection, *, own_settings: Mapping[str, str], pooler_prepares: bool
) -> Connection:
    """Set up a connection in autocommit, or close it and raise psycopg.Error."""
    try:
        statement, parameters = set_up_statement(connection, own_settings)
        row = await (await connection.execute(statement, parameters, prepare=False)).fetchone()
    except BaseException:
        await connection.close()
        raise
    limit_preparing(connection, is_direct=bool(row and row[0]), pooler_prepares=pooler_prepares)
    return connection
