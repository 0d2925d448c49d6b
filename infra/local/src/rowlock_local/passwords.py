"""Passwords made once for each home."""

import secrets

from rowlock_local.files import write_private
from rowlock_local.home import Home


def password(home: Home, *, name: str) -> str:
    """The password called `name`, created at first use; letters and digits only, so nothing need quote it."""
    file = home.secrets / name
    if not file.exists():
        write_private(file, secrets.token_hex(24))
    return file.read_text().strip()
