"""Runs a program to its end; it ends with us, however we end."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rowlock_local.command import wrap

END_S_MAX = 20


async def run_to_end(
    argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path
) -> int:
    """The program's exit code; its words go to the end of `log`. When cancelled, it is ended first."""
    with log.open("ab") as out:
        child = await asyncio.create_subprocess_exec(
            *wrap(argv, cwd=cwd),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    try:
        return await child.wait()
    except asyncio.CancelledError:
        await end(child)
        raise


async def end(child: asyncio.subprocess.Process) -> None:
    """Politely, then surely."""
    with suppress(ProcessLookupError):
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), END_S_MAX)
        except TimeoutError:
            os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
