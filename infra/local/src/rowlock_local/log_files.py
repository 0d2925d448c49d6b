"""The log files of the processes: one each, bounded."""

import os
from pathlib import Path

from rowlock_local.home import Home

LOG_BYTES_MAX = 64 * 1024 * 1024


def make_room(home: Home, *, name: str) -> None:
    """Move a log that has grown too long aside, while nobody writes to it; one older piece is kept."""
    log = home.logs / f"{name}.log"
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))


def cut_long_logs(home: Home) -> None:
    """Empty logs that grew too long under a running process: it appends, so it goes on at the start."""
    for log in home.logs.glob("*.log"):
        if log.stat().st_size > LOG_BYTES_MAX:
            os.truncate(log, 0)


def last_lines(log: Path, *, count: int) -> str:
    """The end of a log, indented for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"    {line}" for line in lines[-count:]) or "    (nothing)"
