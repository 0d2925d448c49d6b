"""Starts the container's program as process 1: `start.py api|worker|all`, or a module and its arguments.

Process 1 gets no signal that it has no handler for: until the program has set up its own, a stop ends it
here, instead of after the whole grace period.
"""

import os
import runpy
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

PROCESS_TYPES = {"api": "HTTP_PORT", "worker": "WORKER_HTTP_PORT", "all": "HTTP_PORT"}
# For healthy.py, which runs in another process.
HEALTH_PORT = Path("/tmp/rowlock-health-port")  # noqa: S108 -- the container's own
READY_AT = Path("/tmp/rowlock-ready-at")  # noqa: S108


def main(arguments: list[str]) -> None:
    """Become the program."""
    signal.signal(signal.SIGTERM, _end)
    module, *rest = arguments
    if module in PROCESS_TYPES:
        _tell_health_port(os.environ[PROCESS_TYPES[module]])
        module, rest = "chassis.serve", [os.environ["ROWLOCK_SERVICE"], module]
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end(number: int, _frame: FrameType | None) -> None:
    # Not sys.exit: an import under way might catch it.
    os._exit(128 + number)


def _tell_health_port(port: str) -> None:
    with suppress(OSError):  # no /tmp to write to: healthy.py then assumes the usual
        READY_AT.unlink(missing_ok=True)  # a restarted container keeps its files
        HEALTH_PORT.write_text(port)


if __name__ == "__main__":
    main(sys.argv[1:])
