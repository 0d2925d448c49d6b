"""Argon2id, on a few threads of its own that stand back for everything else.

A hash takes tens of milliseconds and many mebibytes on purpose. So that a flood of logins slows down
nothing but logins, no more than `threads` are made at once, at a lower priority, each thread rests
between two of them so as to work no more than `busy_share_max` of the time, and no more than `waiting_max`
wait, none longer than `wait_s_max`: the next one is refused at once. Where the processor is short, a thread
notices that it was kept waiting for one, and rests much longer.
"""

import asyncio
import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, Self, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from accounts.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

RETRY_AFTER_S = 2
# A thread that waited for a processor takes it from somebody: the wait counts so many times as work.
REST_FOR_WAITING = 10.0
REST_S_MAX = 1.0


class PasswordsBusy(Exception):
    """Too many passwords wait to be checked."""

    def __init__(self) -> None:
        self.retry_after_s = RETRY_AFTER_S
        super().__init__("Too many people are logging in at this moment: try again shortly.")


class Passwords:
    """Hashes and verifies passwords. `close` when no request can come any more."""

    def __init__(
        self,
        hasher: PasswordHasher,
        *,
        threads: int,
        waiting_max: int,
        wait_s_max: float,
        niceness: int,
        busy_share_max: float = 1.0,
    ) -> None:
        self._hasher = hasher
        self._busy_share_max = busy_share_max
        self._resting = _Resting()
        self._wait_s_max = wait_s_max
        self._at_once_max = threads + waiting_max
        self._at_once = 0
        self._threads = ThreadPoolExecutor(
            threads, "passwords", initializer=partial(_stand_back, niceness=niceness)
        )
        # What is compared where there is no account, so that it takes as long as where there is one.
        self._nobodys_hash = hasher.hash(secrets.token_urlsafe())

    @classmethod
    def of_settings(cls, settings: Settings) -> Self:
        """With the service's parameters of Argon2id and bounds."""
        hasher = PasswordHasher(
            time_cost=settings.argon2_passes,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_lanes,
            type=Type.ID,
        )
        return cls(
            hasher,
            threads=settings.password_threads,
            waiting_max=settings.password_waiting_max,
            wait_s_max=settings.password_wait_s_max,
            niceness=settings.password_niceness,
            busy_share_max=settings.password_busy_share_max,
        )

    async def hash(self, password: str) -> str:
        """The PHC string to store. Raises PasswordsBusy."""
        return await self._in_thread(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password; with no hash to compare as much work is done, and it is not.

        Raises PasswordsBusy.
        """
        matches = await self._in_thread(self._matches, password_hash or self._nobodys_hash, password)
        return matches and password_hash is not None

    async def rehash(self, password: str, password_hash: str) -> str | None:
        """A new hash where the stored one has weaker parameters than ours; else None."""
        if not self._hasher.check_needs_rehash(password_hash):
            return None
        return await self.hash(password)

    def close(self) -> None:
        """Let the threads end; what waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self._at_once >= self._at_once_max:
            raise PasswordsBusy
        self._at_once += 1
        try:
            call = partial(self._rested, partial(work, *args, **kwargs))
            async with asyncio.timeout(self._wait_s_max):
                return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except TimeoutError:
            raise PasswordsBusy from None
        finally:
            self._at_once -= 1

    def _rested(self, work: Callable[[], R]) -> R:
        """In a password thread: rest from the work before, so that nobody's answer waits for a rest."""
        time.sleep(max(0.0, self._resting.until - time.monotonic()))
        began, ran_before_s = time.monotonic(), time.thread_time()
        try:
            return work()
        finally:
            ended = time.monotonic()
            took_s, ran_s = ended - began, time.thread_time() - ran_before_s
            tiring_s = took_s + (took_s - ran_s) * REST_FOR_WAITING
            self._resting.until = ended + min(tiring_s * (1 / self._busy_share_max - 1), REST_S_MAX)


class _Resting(threading.local):
    """Until when this thread rests."""

    until = 0.0


def _stand_back(*, niceness: int) -> None:
    # Linux counts priorities by thread; elsewhere this may lower the whole process or do nothing.
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
