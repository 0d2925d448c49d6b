"""Tells one process from another that was given the same pid later."""

from collections.abc import Mapping
from pathlib import Path


def start_ticks(pid: int) -> int | None:
    """When the process began, in clock ticks since boot; None when none lives (a zombie is dead)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split()  # the name before may hold spaces and brackets
    return None if fields[0] in "ZX" else int(fields[19])


def boot_id() -> str:
    """The machine's current boot: ticks count from it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> dict[str, int | str] | None:
    """What to remember of a live process so that `is_same` knows it again."""
    ticks = start_ticks(pid)
    return None if ticks is None else {"pid": pid, "start_ticks": ticks, "boot_id": boot_id()}


def is_same(record: Mapping[str, object]) -> bool:
    """Whether the process remembered in `record` still lives; never true for a reused pid."""
    pid = record.get("pid")
    if not isinstance(pid, int) or record.get("boot_id") != boot_id():
        return False
    return record.get("start_ticks") == start_ticks(pid)


def working_folder(pid: int) -> Path | None:
    """The folder a live process works in, as seen from here."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None
