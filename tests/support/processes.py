"""Runs a part for as long as a block, with the launcher's way of starting processes."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rowlock_local.command import Command
from rowlock_local.home import Home

T = TypeVar("T")

START_DEADLINE_S = 180


@contextmanager
def temporary_home() -> Iterator[Home]:
    home = Home(Path(tempfile.mkdtemp(prefix="rowlock-test-")))
    home.create()
    try:
        yield home
    finally:
        shutil.rmtree(home.path, ignore_errors=True)


@contextmanager
def running(command: Command, *, logs: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a part until the block ends; the kernel ends it should the tests be killed."""
    log = logs / f"{command.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.child_argv(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=command.env,
            process_group=0,  # Ctrl-C is for the tests; they end their parts themselves
        )
    try:
        _wait_until_ready(command, process, log)
        yield process
    finally:
        _stop(command, process)


def _wait_until_ready(command: Command, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + START_DEADLINE_S
    while not wait(command.ready()):
        if process.poll() is not None or time.monotonic() > ends_at:
            raise RuntimeError(f"{command.name} did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _stop(command: Command, process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.Signals[command.stop_signal])
    try:
        process.wait(command.stop_s_max)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait(awaitable: Awaitable[T]) -> T:
    """Run the launcher's async code from where pytest's own loop must be left alone."""

    async def run() -> T:
        return await awaitable

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()
