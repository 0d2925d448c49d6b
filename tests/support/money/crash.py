"""A process that dies in the middle of what it does, inside a test that lives on.

`Killed` is no Exception: nothing may catch it, transactions roll back as they would with the process,
and what was committed before stays. A crash is at a failpoint, or just before or just after one of the
commits of what is done. `tasks_own_transactions` tells who asks somebody else while a transaction waits.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from sqlalchemy import event

from chassis import failpoints
from chassis.database import Database, Snapshot, Transaction

_open = ContextVar("transactions of this task", default=0)


def tasks_own_transactions() -> int:
    """How many transactions and snapshots the running task is within."""
    return _open.get()


class Killed(BaseException):
    """The process is gone."""


@dataclass(frozen=True)
class Crash:
    """Where: `before` or `after` the `nth` commit, or `at` a failpoint when reached the `nth` time."""

    where: Literal["before", "after", "at"]
    nth: int = 1
    failpoint: str = ""


@dataclass
class Commits:
    """Counts what `databases` commit, and ends the process at the commit it is told of."""

    crash: Crash | None = None
    before: int = 0
    after: int = 0
    died: bool = False

    @classmethod
    def of(cls, databases: Sequence[Database]) -> "Commits":
        commits = cls()
        for db in databases:
            event.listen(db.engine.sync_engine, "commit", commits._is_about_to)
            commits._look_after(db)
        return commits

    @contextmanager
    def crashing(self, crash: Crash | None) -> Iterator[None]:
        """The block's process dies where `crash` says, if it gets there: `died` tells."""
        self.crash, self.before, self.after, self.died = crash, 0, 0, False
        if crash and crash.where == "at":
            failpoints.arm(f"{crash.failpoint}:{crash.nth}", act=self._die)
        try:
            yield
        finally:
            self.crash = None
            failpoints.disarm()

    def _look_after(self, db: Database) -> None:
        """Nobody is told of a commit by the engine once it is done; the end of the block is after it."""
        transaction, snapshot = db.transaction, db.snapshot

        @asynccontextmanager
        async def followed() -> AsyncIterator[Transaction]:
            async with transaction() as tx:
                with _opened():
                    yield tx
            self._has()

        @asynccontextmanager
        async def followed_snapshot() -> AsyncIterator[Snapshot]:
            async with snapshot() as connection:
                with _opened():
                    yield connection

        db.transaction, db.snapshot = followed, followed_snapshot

    def _is_about_to(self, _connection: object) -> None:
        self.before += 1
        if self.crash and (self.crash.where, self.crash.nth) == ("before", self.before):
            self._die()

    def _has(self) -> None:
        self.after += 1
        if self.crash and (self.crash.where, self.crash.nth) == ("after", self.after):
            self._die()

    def _die(self, _name: str = "") -> NoReturn:
        self.died = True
        raise Killed


@contextmanager
def _opened() -> Iterator[None]:
    token = _open.set(_open.get() + 1)
    try:
        yield
    finally:
        _open.reset(token)


async def until_killed(work: Coroutine[Any, Any, Any]) -> Any:
    """What `work` gave; None if it was killed, and whatever else it had started dies with it."""
    before = asyncio.all_tasks()
    try:
        return await work
    except BaseException as error:
        if not _is_killed(error):
            raise
    orphans = asyncio.all_tasks() - before
    for orphan in orphans:
        if not _is_closing_a_connection(orphan):
            orphan.cancel()
    await asyncio.gather(*orphans, return_exceptions=True)
    return None


def _is_closing_a_connection(task: "asyncio.Task[Any]") -> bool:
    """Cut off at that it would keep its transaction and locks, which a dead process never does."""
    return getattr(task.get_coro(), "__qualname__", "") == "AsyncConnection.close"


def _is_killed(error: BaseException) -> bool:
    return isinstance(error, Killed) or (
        isinstance(error, BaseExceptionGroup) and error.subgroup(Killed) is not None
    )
