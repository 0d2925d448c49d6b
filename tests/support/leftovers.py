"""What test runs leave in a Docker engine when they are killed, for the next run on this machine to remove."""

import os
import socket
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import APIError, NotFound

OWNER_LABEL, PROJECT_LABEL = "rowlock.tests.owner", "com.docker.compose.project"
PROJECT_PREFIX = "rowlock-tests-"


def labels() -> dict[str, str]:
    """Of a container this run starts by itself: whose it is."""
    return {OWNER_LABEL: owner()}


def project_name() -> str:
    """Of the compose project of this run: compose labels everything of it with its name."""
    return PROJECT_PREFIX + owner()


def owner() -> str:
    """This run: its machine (a pid says nothing on another), its pid, and when it started."""
    return f"{_machine()}-{_process(os.getpid())}"


def remove_leftovers() -> None:
    """Remove containers of runs on this machine that have ended, and networks and volumes of their projects."""
    engine = docker.from_env()
    for container in engine.containers.list(all=True, ignore_removed=True):
        if _is_left(container.labels):
            with suppress(NotFound, APIError):  # another run may be removing it
                container.remove(force=True, v=True)
    for collection in (engine.networks, engine.volumes):
        for thing in collection.list(filters={"label": PROJECT_LABEL}):
            if _is_left(thing.attrs["Labels"]):
                with suppress(NotFound, APIError):
                    thing.remove()


def _is_left(found: Mapping[str, str]) -> bool:
    return any(_has_ended(who) for who in _owners(found))


def _owners(found: Mapping[str, str]) -> Iterator[str]:
    if OWNER_LABEL in found:
        yield found[OWNER_LABEL]
    if (project := found.get(PROJECT_LABEL, "")).startswith(PROJECT_PREFIX):
        yield project.removeprefix(PROJECT_PREFIX)


def _has_ended(who: str) -> bool:
    machine, _, process = who.partition("-")
    pid = process.partition("-")[0]
    return machine == _machine() and _process(int(pid)) != process


def _machine() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _process(pid: int) -> str:
    """The pid with the moment the process started, since a pid is given again."""
    if not Path("/proc/self").exists():
        return f"{pid}-runs" if _runs(pid) else f"{pid}-ended"
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return f"{pid}-ended"
    return f"{pid}-{fields[19]}"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
