"""PostgreSQL's data folder is whole or made anew, and its user need not see the rest of the machine."""

import os
import stat
import tempfile
from pathlib import Path

import psycopg
import pytest

from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.parts.postgres import admin_url, prepare_postgres
from rowlock_local.ports import claim_ports
from support.processes import running


@pytest.fixture
def folder():
    """Shut to every other user, as /root is."""
    with tempfile.TemporaryDirectory(prefix="rowlock-shut-") as name:
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o700
        yield Path(name)


@pytest.fixture
def home(folder):
    home = Home(folder / "checkout" / ".rowlock")
    home.create()
    return home


async def serve(home: Home, query: str, *, before: str = "SELECT 1", kill: bool = False):
    port = claim_ports(home, names=["postgres"])["postgres"]
    command = await prepare_postgres(home, port=port)
    assert command.prepare
    await command.prepare()
    with (
        running(command, logs=home.logs) as process,
        psycopg.connect(admin_url(home, port=port), autocommit=True) as connection,
    ):
        connection.execute(before.encode())
        answer = connection.execute(query.encode()).fetchall()
        if kill:
            process.kill()
    return answer


async def test_a_folder_that_others_cannot_enter_is_served_and_stays_shut(folder, home):
    rows = await serve(home, "SELECT n FROM kept", before="CREATE TABLE kept AS SELECT 1 AS n")

    assert rows == [(1,)]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        assert (home.postgres / "data").stat().st_uid != 0
        assert (home.postgres / "pg" / "bin" / "postgres").exists(), "it runs from a root folder of its own"
    assert await serve(home, "SELECT n FROM kept") == [(1,)]


async def test_a_server_that_was_killed_is_followed_by_another_on_the_same_data(home):
    await serve(home, "SELECT n FROM kept", before="CREATE TABLE kept AS SELECT 7 AS n", kill=True)
    pid_file = home.postgres / "data" / "postmaster.pid"
    pid_file.write_text("\n".join([str(os.getpid()), *pid_file.read_text().splitlines()[1:]]))

    assert await serve(home, "SELECT n FROM kept") == [(7,)], "the pid of a stranger is no obstacle"


async def test_a_half_written_folder_is_moved_aside_and_made_anew(home):
    data = home.postgres / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("18\n")

    assert await serve(home, "SELECT 1") == [(1,)]
    (aside,) = home.postgres.glob("data.half-written-*")
    assert (aside / "PG_VERSION").exists()


async def test_data_of_another_version_is_refused_and_left_alone(home):
    data = home.postgres / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("12\n")
    (data / "rowlock-complete").write_text("12\n")

    with pytest.raises(LauncherError, match="is of PostgreSQL 12"):
        await prepare_postgres(home, port=1)
    assert (data / "PG_VERSION").read_text() == "12\n"
