"""The lines shown when the system is up: one URL, and a purchase that can be pasted as it stands."""

import sys
from pathlib import Path

LINES = Path(__file__).with_suffix(".txt").read_text()


def try_this(url: str, *, mailbox: str | None) -> str:
    """What a person may do next; needs a shell and curl."""
    lines = LINES.format(url=url, rowlock=near("rowlock"), python=near("python"))
    mail = f"Mail it sends: {mailbox}\n" if mailbox else ""
    return f"\nRowlock is up: {url}   (documentation: {url}/docs)\n{mail}\nTry this:\n\n{lines}"


def near(program: str) -> str:
    """A program of this virtual environment, relative to where the person is if that is shorter."""
    path = Path(sys.executable).with_name(program)
    folder = Path.cwd()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
