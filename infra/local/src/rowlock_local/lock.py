"""One launcher a home."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from rowlock_local.errors import AlreadyRunning
from rowlock_local.files import read_json
from rowlock_local.home import Home


@contextmanager
def only_launcher(home: Home) -> Iterator[None]:
    """Hold the home; the kernel lets go of it however this process ends."""
    with home.lock_file.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(already_running(home)) from None
        yield


def is_held(home: Home) -> bool:
    """Whether a launcher runs this home now."""
    if not home.lock_file.exists():
        return False
    with home.lock_file.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def already_running(home: Home) -> str:
    """The sentence for a second start."""
    state = read_json(home.state_file)
    url = state.get("url", "its URL once it is up")
    return (
        f"Rowlock already runs from {home.path} at {url}: use that, stop it with `make down`, "
        "or start another copy with its own ROWLOCK_HOME and ROWLOCK_PORT."
    )
