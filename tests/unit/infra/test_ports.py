"""Ports are found once, kept, and never shared."""

import os
import socket
from contextlib import closing

import pytest

from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.ports import claim_ports, require_free


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


def listen(port: int = 0) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", port))
    listener.listen()
    return listener


def test_every_name_gets_a_port_of_its_own(home):
    ports = claim_ports(home, names=["postgres", "amqp", "epmd"])

    assert len(set(ports.values())) == 3


def test_the_next_start_gets_the_same_ports(home):
    first = claim_ports(home, names=["postgres", "amqp"])

    assert claim_ports(home, names=["amqp", "postgres"]) == first


def test_a_remembered_port_that_is_taken_is_replaced(home):
    first = claim_ports(home, names=["postgres", "amqp"])
    with closing(listen(first["amqp"])):
        second = claim_ports(home, names=["postgres", "amqp"])

    assert second["postgres"] == first["postgres"]
    assert second["amqp"] != first["amqp"]


def test_the_port_a_person_chose_goes_to_nothing_else(home):
    chosen = claim_ports(home, names=["gateway"])["gateway"]

    ports = claim_ports(home, names=["postgres", "amqp"], reserved=[chosen])

    assert chosen not in ports.values()


def test_two_homes_do_not_choose_the_same_ports(tmp_path):
    homes = [Home(tmp_path / name) for name in ("one", "two")]
    for home in homes:
        home.create()
    one, two = (set(claim_ports(home, names=["a", "b", "c"]).values()) for home in homes)

    assert not one & two


def test_a_taken_port_is_named_with_its_holder_and_the_setting_to_change():
    with closing(listen()) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(LauncherError) as refusal:
            require_free(port, setting="ROWLOCK_PORT", purpose="the gateway")

    assert f"Port {port} for the gateway is already taken" in str(refusal.value)
    assert f"(pid {os.getpid()})" in str(refusal.value)
    assert f"ROWLOCK_PORT={port + 1}" in str(refusal.value)


def test_a_broken_file_of_ports_is_no_obstacle(home):
    home.ports_file.write_text('{"postgres": 2')

    assert claim_ports(home, names=["postgres"])["postgres"] > 0
