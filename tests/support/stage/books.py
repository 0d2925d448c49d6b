"""What `rowlock reconcile` says of a running system."""

import asyncio
import json
import subprocess
import time

from support.system import System

DEADLINE_S = 60
"""What a moment ago was under way is done by then; a difference stays one."""


def check_books(system: System) -> dict[str, int]:
    """Compare until there is no difference, and give how much was compared, such as `orders`; raises
    AssertionError with the differences that are left.
    """
    ends_at = time.monotonic() + DEADLINE_S
    while True:
        try:
            return json.loads(system.rowlock("reconcile", "--json"))["compared"]
        except subprocess.CalledProcessError as error:
            told = f"{error.stdout}{error.stderr}"
            assert time.monotonic() < ends_at, f"rowlock reconcile found:\n{told}"
        time.sleep(1)


async def see_books_agree(system: System) -> dict[str, int]:
    """The same, for who has a loop to keep running."""
    return await asyncio.to_thread(check_books, system)
