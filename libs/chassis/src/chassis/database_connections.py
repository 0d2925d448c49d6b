"""How connections to PostgreSQL are opened: time zone, silence noticed, plans."""

import select
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECT_TIMEOUT_S = 5
# A server that falls silent (its machine or the network is gone) is noticed in 20 s: by probes on an
# idle connection, by unacknowledged data on a busy one. Without these it takes minutes to hours.
SILENCE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}


def _connection_parameters(application_name: str) -> dict[str, Any]:
    # TimeZone=UTC so that every timestamptz is read as UTC, whatever the server's setting.
    return {
        "application_name": application_name,
        "connect_timeout": CONNECT_TIMEOUT_S,
        **SILENCE,
        "options": "-c TimeZone=UTC",
    }


def raw_connection_parameters(application_name: str) -> dict[str, Any]:
    """Keywords of psycopg for `Database.raw`."""
    # Their statements are the same all day: one plan for all values, instead of five tries with plans
    # of their own on each connection, which take milliseconds each on a statement worth preparing.
    parameters = _connection_parameters(application_name)
    return parameters | {"options": f"{parameters['options']} -c plan_cache_mode=force_generic_plan"}


def relay_connection_parameters(application_name: str) -> dict[str, Any]:
    """Keywords of psycopg for `Database.relaying`."""
    # A plan once made must also be good for an outbox that has filled up since: always by its indexes.
    parameters = raw_connection_parameters(application_name)
    own = "-c synchronous_commit=off -c enable_seqscan=off -c enable_sort=off"
    return parameters | {"options": f"{parameters['options']} {own}"}


def create_engine(address: URL, pool_size: int, pool_wait_s: float, application_name: str) -> AsyncEngine:
    """The pool for transactions."""
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
