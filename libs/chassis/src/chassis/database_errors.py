"""Which database errors pass by themselves. One place, used by HTTP, consumers and retries."""

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
LOCK_NOT_AVAILABLE = "55P03"
STATEMENT_TIMEOUT = "57014"
TOO_MANY_CONNECTIONS = "53300"
_STOPPING_OR_STARTING = ("57P01", "57P02", "57P03", "57P05")
_IDLE_IN_TRANSACTION_TIMEOUT = "25P03"
_CONNECTION_CLASS = "08"


class AskedTooEarly(Exception):
    """What a statement gave is there after its block of `statements.at_once`, not in it."""


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or has no connection to spare, right now."""


def sqlstate_of(error: BaseException) -> str | None:
    """The SQLSTATE of a SQLAlchemy or psycopg error; None when the server sent none."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def is_conflict(error: BaseException) -> bool:
    """True when running the same transaction again is the cure."""
    return sqlstate_of(error) in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED)


def is_unavailable(error: BaseException) -> bool:
    """True when the server is down, restarting, full, or the connection to it broke."""
    if isinstance(error, (DatabaseUnavailable, PoolTimeoutError)):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)):
        return False
    state = cause.sqlstate
    return (
        state is None  # no server answered: refused, reset, timed out
        or state.startswith(_CONNECTION_CLASS)
        or state in (*_STOPPING_OR_STARTING, TOO_MANY_CONNECTIONS, _IDLE_IN_TRANSACTION_TIMEOUT)
    )


def is_transient(error: BaseException) -> bool:
    """True when waiting and trying again may succeed with nothing changed."""
    return (
        is_conflict(error)
        or is_unavailable(error)
        or sqlstate_of(error) in (LOCK_NOT_AVAILABLE, STATEMENT_TIMEOUT)
    )
