"""One child process: spawned, watched, ended."""

import asyncio
import os
import signal
from contextlib import suppress

from rowlock_local.command import Command
from rowlock_local.files import write_json
from rowlock_local.home import Home
from rowlock_local.identity import identify


class Process:
    """A running command. Its output goes straight to its log file, so it never waits for a reader."""

    def __init__(self, *, home: Home, command: Command, child: asyncio.subprocess.Process) -> None:
        self.command = command
        self.pid = child.pid
        self._child = child
        self._record = home.run / f"{command.name}.json"

    @classmethod
    async def spawn(cls, *, home: Home, command: Command) -> "Process":
        """Start the command in a session of its own, out of reach of Ctrl-C: we end things in order."""
        if command.prepare:
            await command.prepare()
        with (home.logs / f"{command.name}.log").open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *command.child_argv(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(command.env),
                start_new_session=True,
            )
        process = cls(home=home, command=command, child=child)
        write_json(process._record, {"name": command.name, **(identify(child.pid) or {})})
        return process

    async def ended(self) -> int:
        """Wait for the end; the exit code, or minus the signal."""
        code = await self._child.wait()
        self._end_group()
        self._record.unlink(missing_ok=True)
        return code

    async def stop(self) -> None:
        """Ask to end, wait at most the command's patience, then insist."""
        self._signal(signal.Signals[self.command.stop_signal])
        try:
            await asyncio.wait_for(asyncio.shield(self._child.wait()), self.command.stop_s_max)
        except TimeoutError:
            self._end_group()
        await self.ended()

    def kill(self) -> None:
        """End at once, children included."""
        self._end_group()

    def _signal(self, number: signal.Signals) -> None:
        if self._child.returncode is None:
            with suppress(ProcessLookupError):
                self._child.send_signal(number)

    def _end_group(self) -> None:
        """Whatever the program left behind in its session."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
