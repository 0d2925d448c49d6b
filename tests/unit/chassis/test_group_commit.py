"""Who waits together is committed together, and each gets an answer of their own."""

import asyncio

import pytest

from chassis.group_commit import GroupCommit
from support.waiting import wait_until


class Batches:
    """Records each batch; `gate` holds the batches open."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []
        self.gate = asyncio.Event()
        self.running = 0
        self.running_max = 0

    async def commit(self, items):
        self.seen.append(list(items))
        self.running += 1
        self.running_max = max(self.running, self.running_max)
        await self.gate.wait()
        self.running -= 1
        if -1 in items:
            raise ZeroDivisionError
        return [item * 10 for item in items]


@pytest.fixture
def batches() -> Batches:
    return Batches()


async def _submit(group, *items: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(group.submit(item)) for item in items]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_items_that_arrive_during_a_batch_share_the_next_one(batches):
    group = GroupCommit(batches.commit)
    tasks = await _submit(group, 1)
    tasks += await _submit(group, 2, 3, 4)
    assert batches.seen == [[1]]
    batches.gate.set()
    assert await asyncio.gather(*tasks) == [10, 20, 30, 40]
    assert batches.seen == [[1], [2, 3, 4]]


async def test_a_batch_is_bounded(batches):
    group = GroupCommit(batches.commit, batch_max=2)
    tasks = await _submit(group, 1)
    tasks += await _submit(group, 2, 3, 4, 5, 6)
    batches.gate.set()
    await asyncio.gather(*tasks)
    assert batches.seen == [[1], [2, 3], [4, 5], [6]]


async def test_lanes_run_at_once_and_no_more_than_asked(batches):
    group = GroupCommit(batches.commit, batch_max=1, lanes=3)
    tasks = await _submit(group, *range(10))
    assert len(batches.seen) == 3
    batches.gate.set()
    assert await asyncio.gather(*tasks) == [item * 10 for item in range(10)]
    assert batches.running_max == 3


async def test_an_error_fails_each_item_of_its_batch_and_no_other(batches):
    group = GroupCommit(batches.commit)
    first = await _submit(group, 1)
    second = await _submit(group, 2, -1)
    batches.gate.set()
    assert await first[0] == 10
    for task in second:
        with pytest.raises(ZeroDivisionError):
            await task
    assert await group.submit(5) == 50


async def test_a_waiter_that_leaves_before_its_batch_is_not_committed(batches):
    group = GroupCommit(batches.commit)
    first = await _submit(group, 1)
    leaving, staying = await _submit(group, 2, 3)
    leaving.cancel()
    batches.gate.set()
    assert await asyncio.gather(*first, staying) == [10, 30]
    assert batches.seen == [[1], [3]]


async def test_a_waiter_that_leaves_during_its_batch_does_not_take_it_down(batches):
    group = GroupCommit(batches.commit)
    first = await _submit(group, 1)
    leaving, staying = await _submit(group, 2, 3)
    batches.gate.set()
    await first[0]
    batches.gate.clear()
    await wait_until(lambda: len(batches.seen) == 2)
    leaving.cancel()
    batches.gate.set()
    assert await staying == 30
    assert batches.seen == [[1], [2, 3]]


async def test_a_wrong_number_of_results_fails_everyone_rather_than_mix_answers():
    async def commit(items):
        return list(items)[:-1]

    group = GroupCommit(commit)
    with pytest.raises(ValueError, match="zip"):
        await asyncio.wait_for(group.submit(1), 1)


async def test_an_idle_process_waits_for_nobody(batches):
    batches.gate.set()
    group = GroupCommit(batches.commit)
    for item in range(3):
        await group.submit(item)
    assert batches.seen == [[0], [1], [2]]


async def test_close_waits_for_what_was_submitted(batches):
    group = GroupCommit(batches.commit)
    tasks = await _submit(group, 1, 2)
    closing = asyncio.create_task(group.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    batches.gate.set()
    await asyncio.wait_for(closing, 1)
    assert all(task.done() for task in tasks)
