"""PgBouncer in front of the tests' PostgreSQL, in transaction mode, with the settings of infra/pgbouncer."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from pwd import getpwnam

import pytest
from sqlalchemy.engine import make_url

from rowlock_local.command import Command, User
from rowlock_local.parts.rabbitmq_install import services_not_started
from rowlock_local.ports import claim_ports
from rowlock_local.probes import port_open
from support.processes import running, temporary_home

SETTING = "ROWLOCK_TEST_PGBOUNCER"
CONFIGURATION = Path(__file__).parents[2] / "infra" / "pgbouncer" / "pgbouncer.ini"
KEEPS_PREPARED_STATEMENTS = (1, 22)
BUSY_MACHINE_S = 60
"""Longest wait for a session: on the machine that runs the tests a login may take seconds."""
INSTALL = (
    "apt-get",
    "-q",
    "-oDPkg::Lock::Timeout=120",
    "install",
    "--yes",
    "--no-install-recommends",
    "pgbouncer",
)


@dataclass(frozen=True)
class PgBouncer:
    """A running one."""

    port: int

    def through(self, database_url: str) -> str:
        """The same database, by way of this PgBouncer."""
        return (
            make_url(database_url).set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)
        )


def require_program() -> str:
    """The program: named by ROWLOCK_TEST_PGBOUNCER, or Debian's, installed where that can be done.

    Skips the test that asks where there is none.
    """
    program = os.environ.get(SETTING) or _find() or _install()
    if program is None:
        pytest.skip("PgBouncer is not installed and could not be: apt-get install pgbouncer, as root")
    return program


def _find() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@cache
def _install() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    with (Path(tempfile.gettempdir()) / "rowlock-test-apt.lock").open("w") as turn, services_not_started():
        fcntl.flock(turn, fcntl.LOCK_EX)  # another worker may be at it
        if program := _find():
            return program
        for command in INSTALL, ("apt-get", "-q", "update"), INSTALL:
            env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, check=False, env=env, capture_output=True)
            if program := _find():
                return program
    return None


def keeps_prepared_statements(program: str) -> bool:
    """Whether DATABASE_POOLER_PREPARES may be true behind it."""
    told = subprocess.run((program, "--version"), check=True, capture_output=True, text=True).stdout
    version = re.search(r"PgBouncer (\d+)\.(\d+)", told)
    assert version, told
    return tuple(map(int, version.groups())) >= KEEPS_PREPARED_STATEMENTS


@contextmanager
def pgbouncer(
    program: str,
    *,
    server_url: str,
    passwords: Mapping[str, str],
    pool_size: int = 20,
    query_wait_s: int = BUSY_MACHINE_S,
) -> Iterator[PgBouncer]:
    """Run it in front of the server of `server_url`, for roles with these `passwords`.

    Sessions of the server are lent in turns, so that nobody gets the same one twice by chance.
    """
    with temporary_home() as home:
        port = claim_ports(home, names=["pgbouncer"])["pgbouncer"]
        users = "".join(f'"{name}" "{password}"\n' for name, password in passwords.items())
        (home.path / "userlist.txt").write_text(users)
        settings = ConfigParser(interpolation=None)
        settings.read(CONFIGURATION)
        server = make_url(server_url)
        settings["databases"]["*"] = f"host={server.host} port={server.port or 5432}"
        if not keeps_prepared_statements(program):
            del settings["pgbouncer"]["max_prepared_statements"]
        settings["pgbouncer"].update(
            {
                "listen_port": str(port),
                "auth_file": str(home.path / "userlist.txt"),
                "default_pool_size": str(pool_size),
                "server_round_robin": "1",
                "query_wait_timeout": str(query_wait_s),
            }
        )
        file = home.path / "pgbouncer.ini"
        with file.open("w") as text:
            settings.write(text)
        with running(_command(program, file, port), logs=home.logs):
            yield PgBouncer(port)


def _command(program: str, file: Path, port: int) -> Command:
    async def ready() -> bool:
        return await port_open("127.0.0.1", port)

    user = None
    if os.geteuid() == 0:  # it refuses to run as root
        nobody = getpwnam("nobody")
        user = User(nobody.pw_uid, nobody.pw_gid)
        for path in file.parent, *file.parent.iterdir():
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return Command(name="pgbouncer", argv=(program, str(file)), ready=ready, user=user, stop_signal="SIGINT")
