"""Ends what a launcher that was killed left running, and nothing else."""

import os
import signal
import time
from contextlib import suppress

from rowlock_local.files import read_json
from rowlock_local.home import Home
from rowlock_local.identity import is_same

GRACE_S = 10.0


def end_leftovers(home: Home) -> list[str]:
    """End every process this home's records still name; the names of those that lived.

    A record holds the process's start time and the machine's boot, so a pid that now belongs to another
    program is never signalled. Only for the holder of the home's lock.
    """
    alive = []
    for file in home.run.glob("*.json"):
        record = read_json(file)
        if is_same(record):
            end_group(record)
            alive.append(str(record["name"]))
        file.unlink()
    return alive


def end_group(record: dict[str, object]) -> None:
    """End the session this record's process leads: politely first."""
    pid = record["pid"]
    assert isinstance(pid, int)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT if record["name"] == "postgres" else signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while is_same(record) and time.monotonic() < deadline:
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
