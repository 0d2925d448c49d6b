"""RabbitMQ is installed where it is missing, and no system service comes of it."""

import os

import pytest

from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.parts import rabbitmq_install


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine without RabbitMQ, and an apt-get that says what it was asked for."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("erl", "epmd"):
        (programs / name).symlink_to("/bin/true")
    monkeypatch.setattr(rabbitmq_install, "SERVERS", (str(programs / "rabbitmq-server"),))
    monkeypatch.setattr(rabbitmq_install, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(rabbitmq_install, "runs_systemd", lambda: False)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return programs


def write_apt_get(programs, script: str) -> None:
    (programs / "apt-get").write_text(f"#!/bin/sh\n{script}\n")
    (programs / "apt-get").chmod(0o755)


async def test_root_installs_it_and_no_service_is_started(bare, home, monkeypatch, tmp_path):
    monkeypatch.setattr(rabbitmq_install.os, "geteuid", lambda: 0)
    write_apt_get(
        bare,
        f'echo "$@"; sh {tmp_path}/policy-rc.d; echo "policy says $?"\n'
        f"case $2 in install) cp /bin/true {bare}/rabbitmq-server;; esac",
    )

    programs = await rabbitmq_install.ensure_programs(home)

    said = (home.logs / "apt-get.log").read_text()
    assert programs.server == bare / "rabbitmq-server"
    assert "install --yes --no-install-recommends rabbitmq-server" in said
    assert "policy says 101" in said
    assert not (tmp_path / "policy-rc.d").exists()


async def test_a_failing_installation_shows_its_last_words(bare, home, monkeypatch, tmp_path):
    monkeypatch.setattr(rabbitmq_install.os, "geteuid", lambda: 0)
    write_apt_get(bare, "echo no network; exit 100")

    with pytest.raises(LauncherError, match=r"(?s)set AMQP_URL.*no network"):
        await rabbitmq_install.ensure_programs(home)
    assert not (tmp_path / "policy-rc.d").exists()


async def test_without_root_the_way_out_is_named(bare, home, monkeypatch):
    monkeypatch.setattr(rabbitmq_install.os, "geteuid", lambda: 1000)

    with pytest.raises(LauncherError, match="sudo apt-get install rabbitmq-server"):
        await rabbitmq_install.ensure_programs(home)
