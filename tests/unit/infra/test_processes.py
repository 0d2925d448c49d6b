"""Processes are restarted, ended in order, and never taken for one another."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rowlock_local.command import Command, User, wrap
from rowlock_local.errors import LauncherError
from rowlock_local.files import read_json, write_json
from rowlock_local.home import Home
from rowlock_local.identity import identify, is_same, start_ticks
from rowlock_local.leftovers import end_leftovers
from rowlock_local.parts.mailbox import mailbox_command
from rowlock_local.parts.services import service_commands, service_processes
from rowlock_local.settings import PROCESS_TYPES, SERVICES, LocalSettings
from rowlock_local.supervisor import Supervisor
from support.waiting import wait_until

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (sys.executable, "-c", "import signal,time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def said():
    return []


@pytest.fixture
async def supervisor(home, said):
    supervisor = Supervisor(home=home, restart=True, say=said.append)
    yield supervisor
    supervisor.kill()
    await supervisor.stop()


def command(home: Home, name: str, argv, **options) -> Command:
    async def runs() -> bool:
        return is_same(read_json(home.run / f"{name}.json"))

    return Command(name=name, argv=argv, ready=runs, **options)


def pid_of(home: Home, name: str) -> int:
    return read_json(home.run / f"{name}.json")["pid"]


async def test_a_process_that_is_killed_is_started_again_and_the_log_says_so(home, supervisor, said):
    await supervisor.start(command(home, "sleeper", SLEEP))
    killed = pid_of(home, "sleeper")
    os.kill(killed, signal.SIGKILL)

    await wait_until(lambda: (home.run / "sleeper.json").exists() and pid_of(home, "sleeper") != killed)

    assert said == ["sleeper was ended by SIGKILL; starting it again in 0.2 s"]


async def test_without_restart_a_dead_process_stays_dead(home, said):
    supervisor = Supervisor(home=home, restart=False, say=said.append)
    await supervisor.start(command(home, "sleeper", SLEEP))
    os.kill(pid_of(home, "sleeper"), signal.SIGKILL)

    await wait_until(lambda: said)

    assert not (home.run / "sleeper.json").exists()
    await supervisor.stop()


async def test_a_process_that_keeps_ending_is_given_up_with_its_last_words(home, supervisor):
    async def never() -> bool:
        return False

    crashing = Command(
        name="crashing", argv=(sys.executable, "-c", "print('no luck'); raise SystemExit(3)"), ready=never
    )
    await supervisor.start(crashing)

    with pytest.raises(LauncherError, match=r"(?s)crashing keeps ending while it starts.*no luck"):
        await supervisor.ready(crashing, within_s=30)


async def test_a_process_that_will_not_end_is_killed_in_the_end(home, supervisor):
    await supervisor.start(command(home, "stubborn", STUBBORN, stop_s_max=0.3))
    await asyncio.sleep(0.5)  # until it ignores the signal
    pid = pid_of(home, "stubborn")

    await supervisor.stop()

    assert start_ticks(pid) is None


async def test_the_last_started_kind_ends_first(home, said):
    supervisor = Supervisor(home=home, restart=True, say=said.append)
    order = home.path / "order"
    for name in ("postgres", "catalog-api-1", "orders-api-1", "gateway"):
        program = (
            "import signal,sys,time\n"
            "def end(*_):\n"
            f"    open({str(order)!r}, 'a').write({name!r} + '\\n'); sys.exit()\n"
            "signal.signal(15, end); print('up', flush=True); time.sleep(60)"
        )
        await supervisor.start(command(home, name, (sys.executable, "-c", program)))
        await wait_until(lambda log=home.logs / f"{name}.log": "up" in log.read_text())

    await supervisor.stop()

    ended = order.read_text().split()
    assert (ended[0], set(ended[1:3]), ended[3]) == ("gateway", {"catalog-api-1", "orders-api-1"}, "postgres")


async def test_a_child_ends_with_its_parent_even_when_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "from rowlock_local.command import wrap\n"
        "child = subprocess.Popen(wrap([sys.executable, '-c', 'import time; time.sleep(60)']))\n"
        "time.sleep(0.5); print(child.pid, flush=True); time.sleep(60)\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, script, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    child = int(await parent.stdout.readline())
    assert start_ticks(child) is not None
    parent.kill()
    await parent.wait()
    await wait_until(lambda: start_ticks(child) is None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_child_can_run_as_another_user():
    done = subprocess.run(
        wrap(["id", "-u"], user=User(65534, 65534)), capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "65534"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="a kernel that shares by thread")
def test_a_childs_session_stands_back_when_it_is_told_to():
    def session_of(**how):
        show = wrap([sys.executable, "-c", "print(open('/proc/self/autogroup').read())"], **how)
        return subprocess.run(show, capture_output=True, text=True, check=True, start_new_session=True).stdout

    assert session_of(niceness=7).split()[-1] == "7"
    assert session_of().split()[-1] == "0"


def test_logins_and_mails_stand_back_for_everything_else(tmp_path):
    settings = LocalSettings(rowlock_home=tmp_path)
    ports = {process.name: 1 for process in service_processes(settings)}
    commands = [
        command
        for process_type in PROCESS_TYPES
        for command in service_commands(
            settings, process_type, ports=ports, common={}, database_urls=dict.fromkeys(SERVICES, "")
        )
    ]
    commands.append(mailbox_command(settings, {"mailbox": 1, "mailbox-smtp": 2}))

    standing_back = {command.name for command in commands if command.niceness > 0}
    assert standing_back == {"accounts-api-1", "notifications-worker-1", "mailbox"}


def test_a_reused_pid_is_another_process():
    record = identify(os.getpid())

    assert record
    assert is_same(record)
    assert not is_same({**record, "start_ticks": 1})
    assert not is_same({**record, "boot_id": "another boot"})


def test_leftovers_of_a_killed_launcher_are_ended_but_never_a_stranger(home):
    with subprocess.Popen(SLEEP, start_new_session=True) as ours, subprocess.Popen(SLEEP) as stranger:
        write_json(home.run / "ours.json", {"name": "ours", **(identify(ours.pid) or {})})
        reused = {**(identify(stranger.pid) or {}), "start_ticks": 1, "name": "stranger"}
        write_json(home.run / "stranger.json", reused)

        assert end_leftovers(home) == ["ours"]
        assert stranger.poll() is None
        assert list(home.run.iterdir()) == []
        stranger.kill()


def test_the_home_lets_nobody_read_it(home):
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in (home.keys, home.secrets, home.logs)} == {
        "keys": "0o700",
        "secrets": "0o700",
        "logs": "0o700",
    }
    assert home.path.stat().st_mode & 0o777 == 0o711
