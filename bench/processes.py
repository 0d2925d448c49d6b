"""CPU time and memory of the processes under test, from /proc."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class CpuMeter:
    """Cores kept busy by groups of processes while the `measuring` block runs.

    A group is named as in the report ("postgres", "gateway") and given by the pids at its root; what they
    start counts with them. Children that come and go within the block (wrk, pgbench) count under `children`.
    """

    def __init__(self, groups: dict[str, list[int]], *, children: str) -> None:
        self._groups = groups
        self._children = children
        self.cores: dict[str, float] = {}

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Measure from here to the end of the block; the figures are in `cores` then."""
        before, began = self._seconds(), time.monotonic()
        yield
        elapsed, after = time.monotonic() - began, self._seconds()
        self.cores = {name: round((after[name] - before[name]) / elapsed, 2) for name in after}

    def _seconds(self) -> dict[str, float]:
        waited = os.times()
        groups = {name: sum(_tree_s(pid) for pid in pids) for name, pids in self._groups.items()}
        return {self._children: waited.children_user + waited.children_system} | groups


def memory_mib(pid: int) -> dict[str, float]:
    """Memory of a process and all it started: resident, and proportional (shared pages counted once)."""
    totals = {"rss_mib": 0.0, "pss_mib": 0.0}
    for one in _tree(pid):
        rollup = _proc_lines(one, "smaps_rollup")
        totals["rss_mib"] += _kib(rollup, "Rss:") / 1024
        totals["pss_mib"] += _kib(rollup, "Pss:") / 1024
    return {name: round(value, 1) for name, value in totals.items()}


def _tree(pid: int) -> list[int]:
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _tree_s(pid: int) -> float:
    return sum(_cpu_s(one) for one in _tree(pid))


def _cpu_s(pid: int) -> float:
    """Own time and that of ended children: PostgreSQL's closed backends stay counted with the postmaster."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS_PER_S


def _proc_lines(pid: int, name: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/{name}").read_text().splitlines()
    except OSError:
        return []


def _kib(lines: list[str], label: str) -> int:
    return next((int(line.split()[1]) for line in lines if line.startswith(label)), 0)
