"""The gateway's files fit Traefik and the launcher."""

from pathlib import Path

import pytest

from rowlock_local.errors import LauncherError
from rowlock_local.parts.gateway import fill_in

STATIC = Path(__file__).parents[3] / "gateway" / "traefik.yaml"
KEEP_ALIVE_S = 75


def filled(text: str) -> str:
    return fill_in(text, web_port=8085, internal_port=9999, dynamic=Path("/home/of/rowlock"))


def test_the_launcher_fills_in_its_addresses_and_nothing_else():
    before, after = STATIC.read_text().splitlines(), filled(STATIC.read_text()).splitlines()

    changed = [new.split("#")[0].strip() for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [
        'address: "127.0.0.1:8085"',
        'address: "127.0.0.1:9999"',
        'directory: "/home/of/rowlock"',
    ]


def test_a_file_without_the_places_to_fill_in_is_refused():
    with pytest.raises(LauncherError, match="once"):
        filled(STATIC.read_text().replace(":8080", ":80"))


def test_the_gateway_closes_idle_connections_before_uvicorn_does():
    """Otherwise a POST meets a closing connection and becomes a 502 (traefik#10932)."""
    (line,) = (line for line in STATIC.read_text().splitlines() if "idleConnTimeout" in line)

    assert int(line.split(":")[1].strip().rstrip("s")) < KEEP_ALIVE_S
