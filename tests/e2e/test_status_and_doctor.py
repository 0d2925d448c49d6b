"""An operator beside a running system: `rowlock status` says that it is well or what is not, `rowlock doctor` finds
nothing to mend until there is something.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rowlock_local.files import read_json
from support.system import System, run_system

DEADLINE_S = "20"
"""The machine that runs the tests is busy."""
PARTS = [
    "gateway",
    *(
        f"{service}-{kind}"
        for service in ("accounts", "catalog", "notifications")
        for kind in ("api", "worker")
    ),
    "orders-api",
    "orders-api",
    "orders-worker",
    "reservation-api",
    "reservation-worker",
    "postgres",
    "rabbitmq",
    "outboxes",
    "orders under way",
    "payments",
    "refunds",
    "books",
    "mails",
]


@pytest.fixture(scope="module")
def own_system() -> Iterator[System]:
    """One that no other test has left anything in."""
    with run_system(replicas=1, ORDERS_API_REPLICAS="2") as running:
        yield running


def ask(system: System, command: str, *arguments: str, deadline_s: str = DEADLINE_S) -> tuple[int, str]:
    """Exit code and standard output."""
    try:
        return 0, system.rowlock(command, "--deadline-s", deadline_s, *arguments)
    except subprocess.CalledProcessError as error:
        if error.stderr:
            raise
        return error.returncode, error.stdout


def states(system: System, **more: str) -> dict[str, Any]:
    _, said = ask(system, "status", "--json", **more)
    return {part["part"]: part for part in json.loads(said)["parts"]}


def test_a_healthy_system_fits_one_screen_and_nothing_is_to_be_mended(own_system, tell_figure):
    code, screen = ask(own_system, "status")

    title, verdict, *lines = screen.splitlines()
    assert (code, verdict) == (0, "Healthy."), screen
    assert title.startswith(f"Rowlock at {own_system.url}")
    assert [line[:21].strip() for line in lines] == PARTS
    assert len(screen.splitlines()) <= 24
    assert max(map(len, screen.splitlines())) <= 80, screen
    assert ask(own_system, "doctor") == (0, "Nothing is misconfigured.\n")
    tell_figure(f"status: {states(own_system)['postgres']['says']}")


def test_without_its_broker_the_system_says_so_and_is_well_again_afterwards(own_system):
    own_system.stop_rabbitmq()
    try:
        told = states(own_system)
    finally:
        own_system.start_rabbitmq()

    assert told["rabbitmq"]["state"] == "unknown"
    assert told["orders-worker"]["state"] == "trouble"
    assert "consumer orders" in told["orders-worker"]["says"]
    assert told["orders-api"]["state"] == told["postgres"]["state"] == "ok"
    wait_until_healthy(own_system)


def test_processes_that_hang_cost_the_deadline_and_no_more(own_system):
    with own_system.stopped_workers(), stopped(own_system, "orders-api-2"):
        began = time.monotonic()
        code, screen = ask(own_system, "status", deadline_s="5")
        took_s = time.monotonic() - began

    assert code == 1
    assert screen.count("no answer within 5 s") >= 6
    assert took_s < 5 + 25, "starting the command takes a while on a busy machine"
    wait_until_healthy(own_system)


def test_a_database_that_hangs_is_told_by_everybody_who_needs_it(own_system):
    with stopped(own_system, "postgres", whole_group=True):
        told = states(own_system, deadline_s="8")

    assert told["postgres"]["state"] == told["outboxes"]["state"] == "unknown"
    assert told["orders-api"]["state"] == "trouble"
    assert told["orders-api"]["facts"]["reasons"] == ["database"]
    assert told["rabbitmq"]["state"] == "ok"
    wait_until_healthy(own_system)


def test_an_alarm_of_the_broker_is_found(own_system):
    own_system._rabbitmqctl("set_vm_memory_high_watermark", "0.0001")
    try:
        code, said = ask(own_system, "doctor")
    finally:
        own_system._rabbitmqctl("set_vm_memory_high_watermark", "0.2")

    assert (code, said.count("[")) == (1, 1), said
    assert "RabbitMQ  [messages_are_taken]" in said


def test_a_role_that_lost_its_time_limits_is_found_and_provisioning_mends_it(own_system):
    admin = own_system._environment["POSTGRES_URL"]
    password = own_system.database_url("orders").partition("://orders:")[2].partition("@")[0]
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("ALTER ROLE orders RESET lock_timeout")

    code, said = ask(own_system, "doctor")
    assert (code, "lock_timeout  [roles_have_timeouts]" in said) == (1, True), said

    own_system.rowlock("provision", "orders", "--password", password)
    assert ask(own_system, "doctor") == (0, "Nothing is misconfigured.\n")


def test_watching_goes_on_until_it_is_ended(own_system):
    command = (Path(sys.executable).with_name("rowlock"), "status", "--watch", "--deadline-s", DEADLINE_S)
    environment = {**os.environ, **own_system.settings, "ROWLOCK_HOME": str(own_system.home.path)}
    watching = subprocess.Popen(
        command,
        env=environment,
        cwd=own_system.home.path,
        stdout=subprocess.PIPE,
        text=True,
        # As in a terminal: what is started in the background inherits that Ctrl-C is ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 -- no threads here
    )
    assert watching.stdout
    seen = 0
    while seen < 3:  # it ends with the time limit of the test otherwise
        seen += watching.stdout.readline().startswith("Rowlock at")
    watching.send_signal(signal.SIGINT)

    assert watching.wait(100) in (0, 1)


def wait_until_healthy(system: System) -> None:
    deadline = time.monotonic() + 90
    while (said := ask(system, "status"))[0] != 0:
        assert time.monotonic() < deadline, said[1]
        time.sleep(1)


@contextmanager
def stopped(system: System, name: str, *, whole_group: bool = False) -> Iterator[None]:
    """The process does nothing (SIGSTOP) until the block ends; with `whole_group` its children neither."""
    pid = int(read_json(system.home.run / f"{name}.json")["pid"])
    pids = [pid, *(children_of(pid) if whole_group else [])]
    for each in pids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in pids:
            os.kill(each, signal.SIGCONT)


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True, check=False
    )
    return [int(each) for each in listed.stdout.split()]
