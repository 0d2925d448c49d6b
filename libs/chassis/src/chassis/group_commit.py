"""Group commit: requests that wait in one process share one transaction, each with its own answer.

While a batch is on its way, newcomers gather; the next batch takes all of them (up to a
limit). With nobody waiting a batch is one item, so an idle process adds no delay.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


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
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, item: T) -> R:
        """The result for `item`; raises what its batch raised."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._lanes_free:
            self._start_lane()
        return await answer

    async def close(self) -> None:
        """Wait until everything submitted has its answer."""
        while self._running:
            await asyncio.wait(self._running)

    def _start_lane(self) -> None:
        self._lanes_free -= 1
        lane = asyncio.get_running_loop().create_task(self._run_lane())
        self._running.add(lane)
        lane.add_done_callback(self._running.discard)

    async def _run_lane(self) -> None:
        try:
            while batch := self._next_batch():
                await self._run_batch(batch)
        finally:
            self._lanes_free += 1

    def _next_batch(self) -> list[tuple[T, "asyncio.Future[R]"]]:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        while self._waiting and len(batch) < self._batch_max:
            item, answer = self._waiting.popleft()
            if not answer.done():  # done here means its waiter was cancelled
                batch.append((item, answer))
        return batch

    async def _run_batch(self, batch: list[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            results = await self._commit_batch([item for item, _ in batch])
            answered = list(zip(batch, results, strict=True))  # ValueError unless one result each
        except BaseException as error:
            _fail(batch, error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, answer), result in answered:
            if not answer.done():
                answer.set_result(result)


def _fail(batch: "list[tuple[T, asyncio.Future[R]]]", error: BaseException) -> None:
    for _, answer in batch:
        if answer.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            answer.cancel()
        else:
            answer.set_exception(error)
