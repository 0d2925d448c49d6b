"""Ports: one the person chose, the others found free at first start and kept from then on."""

import socket
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from rowlock_local.errors import LauncherError
from rowlock_local.files import read_json, write_json
from rowlock_local.home import Home
from rowlock_local.listeners import listener_of

# Below what Linux hands out for outgoing connections, so that none of those sits on a remembered port.
FIRST, LAST = 20_000, 32_000
UNPRIVILEGED = 1024


def claim_ports(home: Home, *, names: Iterable[str], reserved: Collection[int] = ()) -> dict[str, int]:
    """A free port for each name: the one of the last start where it is still free, otherwise a new one.

    Those `reserved` are somebody's already, although nobody listens on them yet.
    """
    remembered = read_json(home.ports_file)
    fresh = candidates(home.path)
    chosen: dict[str, int] = {}
    for name in names:
        taken = {*reserved, *chosen.values()}
        port = remembered.get(name)
        if not isinstance(port, int) or port in taken or not is_free(port):
            port = next(port for port in fresh if port not in taken and is_free(port))
        chosen[name] = port
    write_json(home.ports_file, {**remembered, **chosen})
    return chosen


def prefer_port(home: Home, port: int, *, name: str) -> None:
    """Let `claim_ports` choose this port for `name` where it is free and the home has none yet."""
    remembered = read_json(home.ports_file)
    if name not in remembered and is_free(port):
        write_json(home.ports_file, {**remembered, name: port})


def candidates(home: Path) -> Iterator[int]:
    """Every port of the range once, from a place of the home's own: two copies seldom meet."""
    span = LAST - FIRST
    start = zlib.crc32(str(home.resolve()).encode())
    return (FIRST + (start + step) % span for step in range(span))


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as the servers do: old connections don't count
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def require_free(port: int, *, setting: str, purpose: str) -> None:
    """Refuse to start on a port that somebody else uses."""
    if is_free(port):
        return
    if port < UNPRIVILEGED and listener_of(port) is None:
        raise LauncherError(f"Port {port} for {purpose} needs root: set {setting} to a port above 1023.")
    holder = listener_of(port)
    by = f" by {holder}" if holder else ""
    raise LauncherError(
        f"Port {port} for {purpose} is already taken{by}: end that program, or choose another port, "
        f"for example `{setting}={port + 1} make up`."
    )
