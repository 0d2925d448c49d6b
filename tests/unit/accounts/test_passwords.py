"""Passwords are hashed on few threads that stand back, and a flood of them is refused at once."""

import asyncio
import os
import sys
import threading
import time

import pytest
from argon2 import PasswordHasher

from accounts.clients.passwords import Passwords, PasswordsBusy
from support.waiting import wait_until

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Gate:
    """Holds every hash until it is opened, and counts how many are made at once."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.at_once = 0
        self.at_once_most = 0
        self._lock = threading.Lock()

    def hold(self, *_arguments: object) -> bool:
        with self._lock:
            self.at_once += 1
            self.at_once_most = max(self.at_once_most, self.at_once)
        self.opened.wait(10)
        with self._lock:
            self.at_once -= 1
        return True


@pytest.fixture
def gate() -> Gate:
    return Gate()


def passwords(
    *, threads: int = 2, waiting_max: int = 3, wait_s_max: float = 30.0, niceness: int = 0
) -> Passwords:
    return Passwords(
        QUICK, threads=threads, waiting_max=waiting_max, wait_s_max=wait_s_max, niceness=niceness
    )


async def test_what_is_hashed_verifies_and_nothing_else_does() -> None:
    pool = passwords()
    stored = await pool.hash("three tired owls")

    assert await pool.verify("three tired owls", stored)
    assert not await pool.verify("three tired owl", stored)
    assert not await pool.verify("three tired owls", "$argon2id$nonsense")
    assert not await pool.verify("three tired owls", None)


async def test_where_there_is_no_account_a_hash_of_the_same_parameters_is_compared() -> None:
    pool = passwords()
    stored = await pool.hash("three tired owls")

    assert (
        pool._nobodys_hash.rpartition("$")[0].rpartition("$")[0]
        == stored.rpartition("$")[0].rpartition("$")[0]
    )


async def test_only_a_hash_of_weaker_parameters_is_made_anew() -> None:
    pool = passwords()
    weak = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash("three tired owls")
    renewed = await pool.rehash("three tired owls", weak)

    assert renewed is not None
    assert await pool.verify("three tired owls", renewed)
    assert await pool.rehash("three tired owls", renewed) is None


async def test_no_more_are_made_at_once_than_there_are_threads_and_what_waits_is_bounded(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = passwords(threads=2, waiting_max=3)
    monkeypatch.setattr(pool, "_matches", gate.hold)
    logins = [asyncio.create_task(pool.verify("x", "h")) for _ in range(20)]
    refused, _ = await asyncio.wait(logins, timeout=5, return_when=asyncio.FIRST_EXCEPTION)
    began = time.monotonic()
    with pytest.raises(PasswordsBusy) as busy:
        await pool.verify("x", "h")
    refused_after_s = time.monotonic() - began
    await wait_until(lambda: gate.at_once_most == 2)
    gate.opened.set()
    outcomes = await asyncio.gather(*logins, return_exceptions=True)

    assert refused
    assert sum(outcome is True for outcome in outcomes) == 2 + 3
    assert sum(isinstance(outcome, PasswordsBusy) for outcome in outcomes) == 15
    assert gate.at_once_most == 2
    assert refused_after_s < 0.5
    assert busy.value.retry_after_s >= 1
    assert await pool.verify("x", "h"), "there is room again"


async def test_a_request_that_is_given_up_leaves_its_place(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = passwords(threads=1, waiting_max=0)
    monkeypatch.setattr(pool, "_matches", gate.hold)
    login = asyncio.create_task(pool.verify("x", "h"))
    await asyncio.sleep(0)
    login.cancel()
    with pytest.raises(asyncio.CancelledError):
        await login
    gate.opened.set()

    assert await pool.verify("x", "h")


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux's")
async def test_its_threads_stand_back_and_no_others() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    pool = passwords(threads=1, niceness=7)

    niceness = await pool._in_thread(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    assert niceness == max(7, before)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


async def test_nobody_waits_longer_than_the_bound(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = passwords(threads=1, waiting_max=3, wait_s_max=0.05)
    monkeypatch.setattr(pool, "_matches", gate.hold)
    outcomes = await asyncio.gather(*(pool.verify("x", "h") for _ in range(4)), return_exceptions=True)
    gate.opened.set()

    assert all(isinstance(outcome, PasswordsBusy) for outcome in outcomes)


async def test_a_thread_rests_so_that_a_flood_takes_its_share_and_no_more() -> None:
    pool = Passwords(QUICK, threads=1, waiting_max=20, wait_s_max=30, niceness=0, busy_share_max=0.25)
    began = time.monotonic()
    worked = await asyncio.gather(*(pool._in_thread(_work_for, 0.02) for _ in range(10)))
    took_s = time.monotonic() - began

    assert sum(worked) / took_s < 0.3


async def test_a_thread_that_had_to_wait_for_a_processor_rests_much_longer() -> None:
    """Here it sleeps instead of waiting: either way it takes time and does not run."""
    pool = Passwords(QUICK, threads=1, waiting_max=20, wait_s_max=30, niceness=0, busy_share_max=0.5)
    began = time.monotonic()
    await asyncio.gather(*(pool._in_thread(time.sleep, 0.03) for _ in range(3)))

    assert time.monotonic() - began > 3 * 0.03 + 2 * 0.2


async def test_who_comes_alone_does_not_wait_for_a_rest() -> None:
    pool = Passwords(QUICK, threads=1, waiting_max=0, wait_s_max=30, niceness=0, busy_share_max=0.01)
    began = time.monotonic()
    await pool._in_thread(_work_for, 0.02)

    assert time.monotonic() - began < 0.5


def _work_for(seconds: float) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        pass
    return seconds


async def test_the_loop_goes_on_while_passwords_are_hashed() -> None:
    slow = PasswordHasher(time_cost=2, memory_cost=65_536, parallelism=1)
    pool = Passwords(slow, threads=1, waiting_max=8, wait_s_max=30, niceness=0)
    logins = asyncio.gather(*(pool.hash("x" * 12) for _ in range(4)))
    turns = 0
    while not logins.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert turns > 10
