"""Finds RabbitMQ's programs, and installs Debian's package where that can be done."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.log_files import last_lines
from rowlock_local.one_shot import run_to_end

# Not Debian's /usr/sbin/rabbitmq-server, which changes to the user rabbitmq and the system's settings.
SERVERS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server")
POLICY = Path("/usr/sbin/policy-rc.d")
MISSING = (
    "RabbitMQ is not installed and only root may install it: run `sudo apt-get install rabbitmq-server`, "
    "or set AMQP_URL to an existing server."
)


@dataclass(frozen=True)
class RabbitPrograms:
    """The programs of one RabbitMQ."""

    server: Path
    epmd: Path


def find_programs() -> RabbitPrograms | None:
    """RabbitMQ and Erlang's name server, or None where one is missing."""
    server = next((Path(path) for path in SERVERS if os.access(path, os.X_OK)), None)
    epmd = shutil.which("epmd") or next(map(str, Path("/usr/lib/erlang").glob("erts-*/bin/epmd")), None)
    if server is None or epmd is None or shutil.which("erl") is None:
        return None
    return RabbitPrograms(server, Path(epmd))


async def ensure_programs(home: Home) -> RabbitPrograms:
    """RabbitMQ's programs, installed by apt if they are missing and that can be done."""
    if programs := find_programs():
        return programs
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise LauncherError(MISSING)
    with services_not_started():
        await apt_get(home, "update")
        await apt_get(home, "install", "--yes", "--no-install-recommends", "rabbitmq-server")
    await disable_system_service(home)
    if programs := find_programs():
        return programs
    raise LauncherError(
        "apt-get installed rabbitmq-server but its programs are not found: set AMQP_URL instead."
    )


async def apt_get(home: Home, *arguments: str) -> None:
    """Run apt-get, its words in a log."""
    log = home.logs / "apt-get.log"
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    if await run_to_end(["apt-get", "-q", *arguments], log=log, env=env, cwd=Path("/")) != 0:
        raise LauncherError(
            f"`apt-get {arguments[0]}` failed, so RabbitMQ is missing: install rabbitmq-server by hand or "
            f"set AMQP_URL; the end of {log} says why:\n{last_lines(log, count=8)}"
        )


@contextmanager
def services_not_started() -> Iterator[None]:
    """Debian's package would start a broker for the whole machine; we want only its programs."""
    if POLICY.exists():  # the machine has a policy of its own
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


async def disable_system_service(home: Home) -> None:
    """Nor should it start with the machine from now on."""
    if runs_systemd():
        argv = ["systemctl", "disable", "--now", "rabbitmq-server.service", "epmd.socket"]
        await run_to_end(argv, log=home.logs / "apt-get.log", cwd=Path("/"))


def runs_systemd() -> bool:
    """Whether systemd manages this machine's services."""
    return Path("/run/systemd/system").exists()
