"""Keeps the processes of the system running, and ends them in order."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from rowlock_local.command import Command
from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.log_files import last_lines, make_room
from rowlock_local.process import Process

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 10.0
STEADY_S = 30.0
"""A process that ran this long is trusted again: its next restart is immediate."""
FAILURES_MAX = 4
"""A process that ends this often before it was ever ready will not become ready."""


@dataclass
class Supervised:
    """A command and the process that runs it now."""

    command: Command
    process: Process
    watch: asyncio.Task[None] | None = None
    failures: int = 0
    stopping: bool = False


class Supervisor:
    """Starts commands, restarts what ends by itself, stops everything in reverse order of start."""

    def __init__(self, *, home: Home, restart: bool, say: Callable[[str], None]) -> None:
        self._home = home
        self._restart = restart
        self._say = say
        self._supervised: dict[str, Supervised] = {}

    @property
    def running(self) -> bool:
        """Whether anything was started that has not been stopped."""
        return bool(self._supervised)

    async def start(self, command: Command) -> None:
        """Start the command and watch over it from now on."""
        make_room(self._home, name=command.name)
        process = await Process.spawn(home=self._home, command=command)
        supervised = Supervised(command, process)
        self._supervised[command.name] = supervised
        supervised.watch = asyncio.create_task(self._watch(supervised))

    async def ready(self, command: Command, *, within_s: float) -> None:
        """Wait until the command is ready; raises LauncherError with its last words when it will not be."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while not await command.ready():
            watch = self._supervised[command.name].watch
            if self._supervised[command.name].failures >= FAILURES_MAX or (watch and watch.done()):
                raise LauncherError(self._last_words(command, "keeps ending while it starts"))
            if loop.time() > deadline:
                raise LauncherError(self._last_words(command, f"was not ready within {within_s:g} s"))
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """End everything, last started first; processes of the same kind together."""
        for group in reversed(list(self._groups())):
            await asyncio.gather(*(self._stop(supervised) for supervised in group))
        self._supervised.clear()

    def kill(self) -> None:
        """End everything now."""
        for supervised in self._supervised.values():
            supervised.stopping = True
            supervised.process.kill()

    def _groups(self) -> list[list[Supervised]]:
        groups: dict[str, list[Supervised]] = {}
        for supervised in self._supervised.values():
            kind = supervised.command.name.split("-")[1:2]  # catalog-api-1 and orders-api-2 end together
            groups.setdefault("-".join(kind) or supervised.command.name, []).append(supervised)
        return list(groups.values())

    async def _stop(self, supervised: Supervised) -> None:
        supervised.stopping = True
        if supervised.watch:
            supervised.watch.cancel()
            with suppress(asyncio.CancelledError):
                await supervised.watch
        await supervised.process.stop()

    async def _watch(self, supervised: Supervised) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            code = await supervised.process.ended()
            if supervised.stopping:
                return
            supervised.failures = 0 if loop.time() - began > STEADY_S else supervised.failures + 1
            delay_s = min(FIRST_DELAY_S * 2 ** max(supervised.failures - 1, 0), LONGEST_DELAY_S)
            if not self._restart:
                self._say(
                    f"{supervised.command.name} {describe(code)}; it stays down (ROWLOCK_RESTART is off)"
                )
                return
            self._say(f"{supervised.command.name} {describe(code)}; starting it again in {delay_s:g} s")
            await asyncio.sleep(delay_s)
            supervised.process = await Process.spawn(home=self._home, command=supervised.command)

    def _last_words(self, command: Command, what: str) -> str:
        log = self._home.logs / f"{command.name}.log"
        return f"{command.name} {what}; the end of {log} says why:\n{last_lines(log, count=15)}"


def describe(code: int) -> str:
    """How a process ended, in words."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
