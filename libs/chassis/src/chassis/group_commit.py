"""Group commit: requests that wait in one process share one transaction, each with its own answer.

While a batch is on its way, newcomers gather; the next batch takes all of them (up to a
limit). With nobody waiting a batch is one item, so an idle process adds no delay.

In a trace a batch is a step of one of its requests, linked with the others, and they with it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, NamedTuple, TypeVar

from chassis import tracing

T = TypeVar("T")
R = TypeVar("R")


class _Waiting(NamedTuple, Generic[T, R]):
    item: T
    answer: "asyncio.Future[R]"
    origin: tracing.Origin


class GroupCommit(Generic[T, R]):
    """`commit_batch` takes the items and returns one result each, in their order.

    At most `lanes` batches run at once, of at most `batch_max` items. An exception of a batch
    fails each of its items. A waiter that is cancelled leaves the queue; once its batch has
    started the batch runs on, because the others depend on it.
    """

    def __init__(
        self,
        commit_batch: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        batch_max: int = 64,
        lanes: int = 1,
    ) -> None:
        self._commit_batch = commit_batch
        self._batch_max = batch_max
        self._lanes_free = lanes
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, item: T) -> R:
        """The result for `item`; raises what its batch raised."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, answer, tracing.here()))
        if self._lanes_free:
            self._start_lane()
        return await answer

    async def close(self) -> None:
        """Wait until everything submitted has its answer."""
        while self._running:
            await asyncio.wait(self._running)

    def _start_lane(self) -> None:
        self._lanes_free -= 1
        # In no context: a lane works for whoever waits, not only for the request that happened to start it.
        lane = asyncio.get_running_loop().create_task(self._run_lane(), context=Context())
        self._running.add(lane)
        lane.add_done_callback(self._running.discard)

    async def _run_lane(self) -> None:
        try:
            while batch := self._next_batch():
                await self._run_batch(batch)
        finally:
            self._lanes_free += 1

    def _next_batch(self) -> "list[_Waiting[T, R]]":
        batch: list[_Waiting[T, R]] = []
        while self._waiting and len(batch) < self._batch_max:
            waiting = self._waiting.popleft()
            if not waiting.answer.done():  # done here means its waiter was cancelled
                batch.append(waiting)
        return batch

    async def _run_batch(self, batch: "list[_Waiting[T, R]]") -> None:
        try:
            with tracing.shared_work("group commit", [each.origin for each in batch]) as span:
                span.set("rowlock.batch.size", len(batch))
                results = await self._commit_batch([each.item for each in batch])
            answered = list(zip(batch, results, strict=True))  # ValueError unless one result each
        except BaseException as error:
            _fail(batch, error)
            if not isinstance(error, Exception):
                raise
            return
        for waiting, result in answered:
            if not waiting.answer.done():
                waiting.answer.set_result(result)


def _fail(batch: "list[_Waiting[T, R]]", error: BaseException) -> None:
    for waiting in batch:
        if waiting.answer.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            waiting.answer.cancel()
        else:
            waiting.answer.set_exception(error)
