"""Finds out who listens on a port, so that the person need not."""

from collections.abc import Iterator
from pathlib import Path

LISTEN = "0A"
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def listener_of(port: int) -> str | None:
    """`name (pid N)` of the process listening on the port, or None when nobody does or we may not know."""
    inodes = set(listening_inodes(port))
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        if inodes & set(socket_inodes(process)):
            return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return None


def listening_inodes(port: int) -> Iterator[str]:
    """Sockets in the listening state on this port, IPv4 and IPv6."""
    for table in TABLES:
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for fields in map(str.split, lines):
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def socket_inodes(process: Path) -> Iterator[str]:
    """Sockets a process holds; none where we may not look."""
    try:
        for descriptor in (process / "fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                yield target[8:-1]
    except OSError:
        return
