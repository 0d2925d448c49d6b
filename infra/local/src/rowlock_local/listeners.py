"""Finds out who listens on a port, so that the person need not."""

import os
from collections.abc import Iterator
from pathlib import Path

LISTEN = "0A"


def listener_of(port: int) -> str | None:
    """`name (pid N)` of the process listening on the port, or None when nobody does or we may not know."""
    inodes = set(listening_inodes(port))
    if not inodes:
        return None
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if inodes & set(socket_inodes(pid)):
            return f"{Path(f'/proc/{pid}/comm').read_text().strip()} (pid {pid})"
    return None


def listening_inodes(port: int) -> Iterator[str]:
    """Sockets in the listening state on this port, IPv4 and IPv6."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not os.path.exists(table):
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def socket_inodes(pid: str) -> Iterator[str]:
    """Sockets a process holds; none where we may not look."""
    try:
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
            if target.startswith("socket:["):
                yield target[8:-1]
    except OSError:
        return
