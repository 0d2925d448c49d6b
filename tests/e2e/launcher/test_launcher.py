"""`make up` and what may go wrong with it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest

from rowlock_cli.environment import read_env_file
from rowlock_local.files import read_json, write_json
from rowlock_local.home import Home
from rowlock_local.identity import identify, is_same
from rowlock_local.ports import claim_ports
from support.waiting import wait_until

ROOT = Path(__file__).parents[3]
LEAST_PROCESSES = 15


class Copy:
    """One copy of the system, in a home and on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.home.create()
        ports = claim_ports(self.home, names=["gateway", "mailbox", "payment-sandbox"])
        self.port, self.mailbox_port = ports["gateway"], ports["mailbox"]
        self.sandbox_port = ports["payment-sandbox"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        own = {
            "ROWLOCK_HOME": str(self.home.path),
            "ROWLOCK_PORT": str(self.port),
            "ROWLOCK_MAILBOX_PORT": str(self.mailbox_port),
            "ROWLOCK_PAYMENT_SANDBOX_PORT": str(self.sandbox_port),
            "ROWLOCK_DEMO": "false",
            # They start while other tests keep the machine busy.
            "ACCOUNTS_API_NICENESS": "0",
            "MAILS_NICENESS": "0",
        }
        return subprocess.run(
            [sys.executable, "-m", "rowlock_local", *arguments],
            cwd=ROOT,
            env={**os.environ, **own, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    @property
    def mailbox_url(self) -> str:
        return f"http://127.0.0.1:{self.mailbox_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    def records(self) -> list[dict[str, object]]:
        return [read_json(file) for file in self.home.run.glob("*.json")]

    def end_launcher(self, number: signal.Signals) -> None:
        os.kill(read_json(self.home.state_file)["launcher"]["pid"], number)

    def answers(self) -> bool:
        return httpx.get(f"{self.url}/api/v1/events", trust_env=False).status_code == 200


@pytest.fixture
def copy(tmp_path):
    copy = Copy(tmp_path / "home")
    yield copy
    copy.launch("down")


@pytest.fixture
def another(tmp_path):
    another = Copy(tmp_path / "another")
    yield another
    another.launch("down")


@pytest.mark.timeout(400)
async def test_two_copies_run_side_by_side_and_end_each_for_itself(copy, another):
    both = await asyncio.gather(
        *(asyncio.to_thread(each.launch, "up", "--detach") for each in (copy, another))
    )
    for each, started in zip((copy, another), both, strict=True):
        assert started.returncode == 0, started.stdout + started.stderr
        assert f"Rowlock is up: {each.url}" in started.stdout
        assert f"Mail it sends: {each.mailbox_url}" in started.stdout
        assert f"Payments it takes: {each.sandbox_url}" in started.stdout
        assert each.answers()
        assert "<h1>Payment sandbox</h1>" in httpx.get(each.sandbox_url, trust_env=False).text
        assert "<h1>Mailbox</h1>" in httpx.get(each.mailbox_url, trust_env=False).text
        status = each.launch("status")
        assert status.returncode == 0
        assert f"Mail is shown at {each.mailbox_url}" in status.stdout
        assert f"Payments are shown at {each.sandbox_url}" in status.stdout

    second = copy.launch("up")
    assert second.returncode == 1
    assert f"already runs from {copy.home.path} at {copy.url}" in second.stderr

    processes = another.records()
    assert len(processes) >= LEAST_PROCESSES
    another.end_launcher(signal.SIGTERM)
    await wait_until(lambda: not any(map(is_same, processes)), deadline_s=60, what="every process has ended")
    assert copy.answers()


@pytest.mark.timeout(400)
async def test_a_launcher_that_is_killed_leaves_no_process_and_loses_no_data(copy):
    started = copy.launch("up", "--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    database = read_env_file(copy.home.env_file)["POSTGRES_URL"]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    processes = copy.records()

    copy.end_launcher(signal.SIGKILL)
    await wait_until(
        lambda: not any(map(is_same, processes)), deadline_s=30, what="no child outlives its launcher"
    )
    assert copy.launch("status").returncode == 1

    again = copy.launch("up", "--detach")
    assert again.returncode == 0, again.stdout + again.stderr
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]

    processes = copy.records()
    assert copy.launch("down").stdout == "Everything has ended.\n"
    assert not any(map(is_same, processes))
    assert copy.launch("reset").returncode == 0
    assert not copy.home.path.exists()


def test_a_taken_port_is_one_sentence_and_nothing_is_left(copy):
    with closing(socket.create_server(("127.0.0.1", copy.port))):
        refused = copy.launch("up")

    assert refused.returncode == 1
    assert f"Port {copy.port} for the gateway is already taken" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert copy.records() == []


def test_a_taken_port_of_the_mailbox_is_one_sentence_too(copy):
    with closing(socket.create_server(("127.0.0.1", copy.mailbox_port))):
        refused = copy.launch("up")

    assert refused.returncode == 1
    assert f"Port {copy.mailbox_port} for the mailbox is already taken" in refused.stderr
    assert "ROWLOCK_MAILBOX_PORT" in refused.stderr
    assert copy.records() == []


def test_a_setting_that_makes_no_sense_is_named(copy):
    refused = copy.launch("up", ORDERS_API_REPLICAS="many")

    assert refused.returncode == 1
    assert "ORDERS_API_REPLICAS" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_does_not_answer_ends_the_start_and_everything_with_it(copy):
    refused = copy.launch("up", POSTGRES_URL="postgresql://postgres@127.0.0.1:1/postgres")

    assert refused.returncode == 1
    assert "POSTGRES_URL must name a superuser" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert copy.records() == []


def test_down_without_a_system_says_so_and_spares_a_stranger_with_an_old_pid(copy):
    stranger = {**(identify(os.getpid()) or {}), "start_ticks": 1, "name": "catalog-api-1"}
    write_json(copy.home.run / "catalog-api-1.json", stranger)

    ended = copy.launch("down")

    assert (ended.returncode, ended.stdout.strip()) == (0, "Nothing was running.")


def test_reset_deletes_only_what_is_a_home(tmp_path, copy):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter").write_text("dear …")

    for command in ("reset", "up", "down"):
        copy.launch(command, ROWLOCK_HOME=str(precious))

    assert [path.name for path in precious.iterdir()] == ["letter"]
