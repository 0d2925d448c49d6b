"""What to run: a program, how to know it is ready and how to end it."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class User:
    """The unprivileged user a program runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Command:
    """One process of the system; frozen, so that a restart runs exactly the same."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path = Path("/")
    user: User | None = None
    root: Path | None = None
    stop_signal: str = "SIGTERM"
    stop_s_max: float = 20
    niceness: int = 0
    """How far its session stands back for the others when the processor is short, up to 19."""
    prepare: Callable[[], Awaitable[None]] | None = None
    """Awaited before each start, restarts included."""

    def child_argv(self) -> list[str]:
        """The program wrapped so that it ends with this launcher."""
        return wrap(
            self.argv,
            cwd=self.cwd,
            death_signal=self.stop_signal,
            user=self.user,
            root=self.root,
            niceness=self.niceness,
        )


def wrap(
    argv: Sequence[str],
    *,
    cwd: Path = Path("/"),
    death_signal: str = "SIGTERM",
    user: User | None = None,
    root: Path | None = None,
    niceness: int = 0,
) -> list[str]:
    """The command line of `child.py` that becomes `argv`."""
    wrapped = [sys.executable, "-I", "-S", str(CHILD), "--parent", str(os.getpid())]
    wrapped += ["--death-signal", death_signal, "--cwd", str(cwd)]
    if user:
        wrapped += ["--uid", str(user.uid), "--gid", str(user.gid)]
    if root:
        wrapped += ["--root", str(root)]
    if niceness:
        wrapped += ["--niceness", str(niceness)]
    return [*wrapped, "--", *argv]
