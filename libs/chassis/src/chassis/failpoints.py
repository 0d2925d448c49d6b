"""Places in the code where a test may end the process, as a power cut would: failpoints.

Each stands between two steps that must survive it, such as a provider's answer and the commit of
it, and is named by its service, the work and the step last done: `orders.payment.after_create`.
Unarmed, which is the rule, reaching one costs a comparison. `ServiceSettings` refuses armed ones in
production.

Idea: FreeBSD's fail(9) and TiKV's fail-rs.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

Act = Callable[[str], None]


class _Failpoints:
    """Those that are armed: by how often they are reached, or by a file that is there."""

    def __init__(self, at: Mapping[str, int], directory: Path | None, act: Act) -> None:
        self._at = at
        self._directory = directory
        self._act = act
        self._reached = Counter[str]()

    def reach(self, name: str) -> None:
        self._reached[name] += 1
        if self._at.get(name) == self._reached[name] or self._takes_file(name):
            self._act(name)

    def _takes_file(self, name: str) -> bool:
        """Whoever removes the file is the one: of several replicas, and over any number of restarts."""
        if self._directory is None:
            return False
        try:
            (self._directory / name).unlink()
        except FileNotFoundError:
            return False
        return True


_armed: _Failpoints | None = None


def reach(name: str) -> None:
    """End the process here if `name` is armed. Every name is reached at one place only."""
    if _armed is not None:
        _armed.reach(name)


def end_process(_name: str) -> NoReturn:  # pragma: no cover -- nothing is left that could tell
    """As kill -9: no handler, no rollback, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def arm(points: str = "", *, directory: Path | None = None, act: Act = end_process) -> None:
    """Arm `points`, such as `a.b,c.d:3` (c.d when reached the third time), and whatever file is in
    `directory` at the time: a file named as a failpoint is used up by the process that ends there.

    Raises ValueError for a count that is none. `act` is for tests that cannot be killed.
    """
    global _armed  # noqa: PLW0603 -- one for the process, as the process is what ends
    _armed = _Failpoints(dict(_read(point) for point in points.split(",") if point.strip()), directory, act)


def disarm() -> None:
    """Let nothing happen any more."""
    global _armed  # noqa: PLW0603 -- as above
    _armed = None


def _read(point: str) -> tuple[str, int]:
    name, _, times = point.strip().partition(":")
    count = int(times or 1)
    if not name or count < 1:
        raise ValueError(f"a failpoint is a name and how often it is reached from 1 on, not {point!r}")
    return name, count
