"""What a process knows of its own connections, and of the errors it met on them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from weakref import WeakSet

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from chassis.database_errors import (
    DEADLOCK_DETECTED,
    LOCK_NOT_AVAILABLE,
    SERIALIZATION_FAILURE,
    STATEMENT_TIMEOUT,
    DatabaseUnavailable,
    is_unavailable,
    sqlstate_of,
)
from chassis.metrics import LiveGauge, Values, counter, histogram

POOLS = ("transactions", "raw", "relay", "beside")
WAIT_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_KIND_OF = {
    LOCK_NOT_AVAILABLE: "lock_timeout",
    DEADLOCK_DETECTED: "deadlock",
    SERIALIZATION_FAILURE: "serialization",
    STATEMENT_TIMEOUT: "statement_timeout",
}
KINDS = (*_KIND_OF.values(), "pool_timeout", "connection")

WAIT = histogram(
    "rowlock_pool_wait_seconds",
    "How long work waited for a connection to PostgreSQL, the opening of a new one included; "
    "not where none came",
    {"pool": POOLS},
    buckets=WAIT_BUCKETS_S,
)
ERRORS = counter(
    "rowlock_database_errors_total",
    "Work that PostgreSQL refused or did not answer; conflicts are tried again, the rest is answered 503",
    {"kind": KINDS},
)
_WAITS = {pool: WAIT.labels(pool) for pool in POOLS}
_ERRORS = {kind: ERRORS.labels(kind) for kind in KINDS}


@dataclass(frozen=True, slots=True)
class PoolUse:
    """A pool as it is now."""

    pool: str
    size: int
    in_use: int
    idle: int


_watched: "WeakSet[Watched]" = WeakSet()


class Watched:
    """Something with pools, told of until `unwatch`."""

    def __init__(self, read: Callable[[], Iterable[PoolUse]]) -> None:
        self.read = read
        _watched.add(self)

    def unwatch(self) -> None:
        """Its pools are closed."""
        _watched.discard(self)


def _uses() -> list[PoolUse]:
    return [use for watched in list(_watched) for use in watched.read()]


def _sizes() -> Values:
    return _summed(((use.pool,), use.size) for use in _uses())


def _connections() -> Values:
    return _summed(
        pair
        for use in _uses()
        for pair in (((use.pool, "in_use"), use.in_use), ((use.pool, "idle"), use.idle))
    )


def _summed(values: Iterable[tuple[tuple[str, ...], float]]) -> Values:
    summed: dict[tuple[str, ...], float] = {}
    for words, value in values:
        summed[words] = summed.get(words, 0) + value
    return summed


SIZE = LiveGauge(
    "rowlock_pool_size", "Connections a pool of this process may open", {"pool": POOLS}, read=_sizes
)
CONNECTIONS = LiveGauge(
    "rowlock_pool_connections",
    "Connections a pool of this process has open",
    {"pool": POOLS, "state": ("in_use", "idle")},
    read=_connections,
)


class PoolWait:
    """`wait = PoolWait(pool)` before asking for a connection, `wait.over()` with it."""

    __slots__ = ("_began", "_pool")

    def __init__(self, pool: str) -> None:
        self._pool = pool
        self._began = time.perf_counter()

    def over(self) -> None:
        """There is a connection."""
        _WAITS[self._pool].observe(time.perf_counter() - self._began)


class _CountingErrors:
    """`with COUNTING_ERRORS:` around work on a connection."""

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if error is not None:
            count_error(error)


COUNTING_ERRORS = _CountingErrors()


def count_error(error: BaseException) -> None:
    """Count an error if it is one of the database's that say something of its health."""
    kind = _kind_of(error)
    if kind is not None:
        _ERRORS[kind].inc()


def _kind_of(error: BaseException) -> str | None:
    if isinstance(error, (PoolTimeoutError, DatabaseUnavailable)):
        return "pool_timeout"
    if not isinstance(error, (DBAPIError, psycopg.Error)):
        return None
    kind = _KIND_OF.get(sqlstate_of(error) or "")
    if kind is None and is_unavailable(error):
        return "connection"
    return kind
