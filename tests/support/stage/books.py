"""What `rowlock reconcile` says of a running system."""

import asyncio
import subprocess
import time

from support.system import System

DEADLINE_S = 60
"""What a moment ago was under way is done by then; a difference stays one."""


def check_books(system: System) -> None:
    """Compare until there is no difference; raises AssertionError with what is left of them."""
    ends_at = time.monotonic() + DEADLINE_S
    while told := _differences(system):
        assert time.monotonic() < ends_at, f"rowlock reconcile found:\n{told}"
        time.sleep(1)


async def see_books_agree(system: System) -> None:
    """The same, for who has a loop to keep running."""
    await asyncio.to_thread(check_books, system)


def _differences(system: System) -> str:
    try:
        system.rowlock("reconcile")
    except subprocess.CalledProcessError as error:
        return f"{error.stdout}{error.stderr}"
    return ""
