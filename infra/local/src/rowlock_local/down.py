"""`down` and `reset`."""

import os
import shutil
import signal
import time
from contextlib import suppress

from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.identity import is_same
from rowlock_local.leftovers import end_leftovers
from rowlock_local.lock import is_held, only_launcher
from rowlock_local.state import read_state

PATIENCE_S = 120


def down(home: Home) -> str:
    """End the launcher of this home and everything it runs; what was done, in a sentence."""
    if not home.is_home:
        return f"Nothing runs: {home.path} is no home of Rowlock."
    if is_held(home):
        end_launcher(home)
        with only_launcher(home):
            end_leftovers(home)
        return "Everything has ended."
    with only_launcher(home):
        ended = end_leftovers(home)
    home.state_file.unlink(missing_ok=True)
    return (
        f"No launcher ran; ended what one had left: {', '.join(ended)}." if ended else "Nothing was running."
    )


def end_launcher(home: Home) -> None:
    """Ask the launcher to stop and wait; insist when it takes too long."""
    state = read_state(home)
    if state is None or not is_same(state.launcher):
        raise LauncherError(
            f"Something that is no launcher holds {home.lock_file}: find it with `fuser {home.lock_file}` "
            "and end it."
        )
    pid = state.launcher["pid"]
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGTERM)
    if not released(home, within_s=PATIENCE_S):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        released(home, within_s=10)


def released(home: Home, *, within_s: float) -> bool:
    """Wait until no launcher holds the home."""
    deadline = time.monotonic() + within_s
    while is_held(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def reset(home: Home) -> str:
    """End everything and delete the home: events, orders, keys and passwords are gone."""
    if home.path.exists() and not home.is_home:
        raise LauncherError(f"{home.path} is no home of Rowlock, so it is not deleted.")
    down(home)
    shutil.rmtree(home.path, ignore_errors=not home.path.exists())
    return f"{home.path} is gone; `make up` begins anew."
