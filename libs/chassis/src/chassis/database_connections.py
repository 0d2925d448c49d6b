"""How connections to PostgreSQL are opened: silence noticed, the session set up."""

import re
import select
from functools import partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.database_errors import AskedTooEarly
from chassis.database_sessions import limit_preparing, set_up_statement
from chassis.statement_spans import SeenCursor

CONNECT_TIMEOUT_S = 5
TOGETHER = "chassis.together"
"""Where a connection notes that statements are on their way together (`statements.at_once`)."""
_READS = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
# A server that falls silent (its machine or the network is gone) is noticed in 20 s: by probes on an
# idle connection, by unacknowledged data on a busy one. Without these it takes minutes to hours.
SILENCE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}


def connection_parameters(application_name: str) -> dict[str, Any]:
    """Keywords of psycopg for every connection. No `options` among them: PgBouncer would refuse those, so
    the session is set up by a statement (`database_sessions`).
    """
    own = {"application_name": application_name, "connect_timeout": CONNECT_TIMEOUT_S}
    return {**own, **SILENCE, "cursor_factory": SeenCursor}


def create_engine(
    address: URL, pool_size: int, pool_wait_s: float, application_name: str, *, pooler_prepares: bool
) -> AsyncEngine:
    """The pool for transactions."""
    engine = create_async_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_wait_s,
        pool_use_lifo=True,
        use_native_hstore=False,
        hide_parameters=True,  # an error message must not carry personal data into a log
        connect_args=connection_parameters(application_name),
    )
    event.listen(engine.sync_engine, "connect", partial(_set_up, pooler_prepares=pooler_prepares))
    event.listen(engine.sync_engine, "checkout", _refuse_broken_connection)
    event.listen(engine.sync_engine, "before_cursor_execute", _refuse_to_read_too_early)
    return engine


def _set_up(dbapi_connection: Any, _record: object, *, pooler_prepares: bool) -> None:
    connection = dbapi_connection.driver_connection
    try:
        cursor = dbapi_connection.cursor()
        cursor.execute(*set_up_statement(connection))
        is_direct = cursor.fetchone()[0]
        cursor.close()
        dbapi_connection.commit()
    except BaseException:
        dbapi_connection.close()
        raise
    limit_preparing(connection, is_direct=is_direct, pooler_prepares=pooler_prepares)


def _refuse_to_read_too_early(
    connection: Any, _cursor: object, statement: str, _values: object, _context: object, _many: object
) -> None:
    """Within a block of statements sent together, rows are not there yet: they would be taken for none."""
    if connection.info.get(TOGETHER) and (_READS.match(statement) or " RETURNING " in statement.upper()):
        raise AskedTooEarly


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
