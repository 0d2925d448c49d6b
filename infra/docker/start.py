"""Starts the container's program as process 1: `start.py api|worker|all`, or a command or module and its
arguments.

Process 1 gets no signal that it has no handler for: until the program has set up its own, a stop ends it
here, instead of after the whole grace period.
"""

import os
import runpy
import shutil
import signal
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

PROCESS_TYPES = {"api": "HTTP_PORT", "worker": "WORKER_HTTP_PORT", "all": "HTTP_PORT"}
# Every setting that may hold a password is a URL.
IN_A_FILE = "_URL_FILE"
# For healthy.py, which runs in another process.
HEALTH_PORT = Path("/tmp/rowlock-health-port")  # noqa: S108 -- the container's own
READY_AT = Path("/tmp/rowlock-ready-at")  # noqa: S108


def main(arguments: list[str]) -> None:
    """Become the program."""
    signal.signal(signal.SIGTERM, _end)
    read_files(os.environ)
    program, *rest = arguments
    if program in PROCESS_TYPES:
        _tell_health_port(os.environ[PROCESS_TYPES[program]])
        program, rest = "chassis.serve", [os.environ["ROWLOCK_SERVICE"], program]
    if command := shutil.which(program):
        os.execv(command, [program, *rest])  # noqa: S606 -- that is its work
    sys.argv = [program, *rest]
    runpy.run_module(program, run_name="__main__", alter_sys=True)


def read_files(environment: MutableMapping[str, str]) -> None:
    """Put the content of the file NAME_URL_FILE into NAME_URL; SystemExit for a file that cannot be read."""
    for name, path in list(environment.items()):
        if name.endswith(IN_A_FILE) and path:
            try:
                environment[name.removesuffix("_FILE")] = Path(path).read_text().strip()
            except OSError as error:
                raise SystemExit(f"{name}: {path}: {error.strerror}") from None


def _end(number: int, _frame: FrameType | None) -> None:
    # Not sys.exit: an import under way might catch it.
    os._exit(128 + number)


def _tell_health_port(port: str) -> None:
    with suppress(OSError):  # no /tmp to write to: healthy.py then assumes the usual
        READY_AT.unlink(missing_ok=True)  # a restarted container keeps its files
        HEALTH_PORT.write_text(port)


if __name__ == "__main__":
    main(sys.argv[1:])
