"""The lines shown when the system is up: one URL, and a purchase that can be pasted as it stands."""

import sys
from pathlib import Path

LINES = Path(__file__).with_suffix(".txt").read_text()
REGISTERING = Path(__file__).with_name("try_this_registering.txt").read_text().rstrip()
# Where mail goes to people, no line can read it.
MINTING = "TOKEN=$({rowlock} token --role buyer --subject buyer-1)"


def try_this(
    url: str, *, mailbox: str | None, payment_sandbox: str | None = None, login: str | None = None
) -> str:
    """What a person may do next; needs a shell and curl."""
    python = near("python")
    sign_in = (REGISTERING if mailbox else MINTING).format(
        mailbox=mailbox, python=python, rowlock=near("rowlock")
    )
    lines = LINES.format(url=url, python=python, sign_in=sign_in)
    mail = f"Mail it sends: {mailbox}\n" if mailbox else ""
    payments = f"Payments it takes: {payment_sandbox}\n" if payment_sandbox else ""
    people = f"Accounts of the demo: {login}\n" if login else ""
    at = f"Rowlock is up: {url}   (documentation: {url}/docs)\n{mail}{payments}{people}"
    return f"\n{at}\nTry this:\n\n{lines}"


def near(program: str) -> str:
    """A program of this virtual environment, relative to where the person is if that is shorter."""
    path = Path(sys.executable).with_name(program)
    folder = Path.cwd()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
