"""`up --detach`: start a launcher in the background, show its progress, return when it is ready."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

from rowlock_local.errors import AlreadyRunning, LauncherError
from rowlock_local.home import Home
from rowlock_local.lock import already_running, is_held
from rowlock_local.state import read_state

POLL_S = 0.1


def up_detached(home: Home) -> None:
    """Start in the background. Raises LauncherError with the reason when the start fails."""
    home.create()
    if is_held(home):
        raise AlreadyRunning(already_running(home))
    home.state_file.unlink(missing_ok=True)
    log = home.logs / "start.log"
    launcher = spawn(log)
    with log.open() as words:
        while launcher.poll() is None and not is_ready(home, launcher.pid):
            relay(words)
            time.sleep(POLL_S)
        relay(words)
    if launcher.poll() is not None:
        raise LauncherError("The start failed; what was said last is above.")
    print(f"It runs in the background (pid {launcher.pid}): `make logs` shows it, `make down` ends it.")


def spawn(log: Path) -> "subprocess.Popen[bytes]":
    """A launcher of its own session, so that it outlives this terminal."""
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "rowlock_local", "up", "--no-follow"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


def is_ready(home: Home, pid: int) -> bool:
    """Whether that launcher says that everything is up."""
    state = read_state(home)
    return state is not None and state.status == "ready" and state.launcher.get("pid") == pid


def relay(words: TextIO) -> None:
    """Repeat what the launcher said meanwhile."""
    print(words.read(), end="", flush=True)
