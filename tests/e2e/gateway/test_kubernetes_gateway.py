"""Traefik as infra/kubernetes runs it: replicas come from the file that find_replicas.py writes."""

import asyncio
import socket
import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import httpx
import pytest
import yaml

from rowlock_local.parts.gateway import fill_in, traefik_program
from rowlock_local.ports import candidates, is_free
from support.told_backend import Backend
from support.waiting import wait_until

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "infra" / "kubernetes" / "base" / "gateway" / "find_replicas.py"
DYNAMIC = ("routes.yaml", "middlewares.yaml", "containers/internal.yaml")


@pytest.fixture
def script():
    """find_replicas.py as a module."""
    spec = spec_from_file_location("find_replicas", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_replica_is_asked_for_its_health_as_everywhere(script):
    replicas = (ROOT / "gateway" / "replicas.yaml").read_text()
    said = replicas[replicas.index("healthCheck:") : replicas.index("servers:")]
    assert yaml.safe_load(said)["healthCheck"] == script.HEALTH_CHECK


def test_addresses_are_kept_only_while_nobody_can_tell(script, monkeypatch):
    def answer(error: int):
        def resolve(*_arguments, **_more):
            raise socket.gaierror(error, "")

        return resolve

    monkeypatch.setattr(socket, "getaddrinfo", answer(socket.EAI_AGAIN))
    assert script.addresses_of("catalog", ("10.0.0.1",)) == ("10.0.0.1",)
    monkeypatch.setattr(socket, "getaddrinfo", answer(socket.EAI_NONAME))
    assert script.addresses_of("catalog", ("10.0.0.1",)) == ()


async def test_requests_follow_the_replicas_as_they_come_and_go(script, tmp_path):
    free = (port for port in candidates(tmp_path) if is_free(port))
    web, internal, port = next(free), next(free), next(free)
    script.PORT = port
    backends = [Backend(f"orders-{n}", port=port, host=f"127.0.0.{n}") for n in (2, 3)]
    for backend in backends:
        await backend.start()
    folder = tmp_path / "gateway"
    folder.mkdir()
    for name in DYNAMIC:
        source = ROOT / "gateway" / name
        (folder / source.name).write_text(source.read_text())
    static = tmp_path / "traefik.yaml"
    text = (ROOT / "gateway" / "traefik.yaml").read_text()
    static.write_text(fill_in(text, web_port=web, internal_port=internal, dynamic=folder))
    _find(script, folder, orders=("127.0.0.2",))
    process = await asyncio.create_subprocess_exec(
        str(traefik_program()),
        f"--configFile={static}",
        env={"ROWLOCK_REPLICAS_FROM": "file"},
        stdout=sys.stderr,
        stderr=sys.stderr,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{web}", trust_env=False) as client:

            async def answered() -> bool:
                try:
                    return (await client.get("/api/v1/orders")).text == "orders-2"
                except httpx.TransportError:
                    return False

            await wait_until(answered, deadline_s=20, what="the gateway routes")
            _find(script, folder, orders=("127.0.0.2", "127.0.0.3"))

            async def both() -> bool:
                answers = [(await client.get("/api/v1/orders")).text for _ in range(6)]
                return len(Counter(answers)) == 2

            await wait_until(both, deadline_s=10, what="the new replica is asked")
            # One service asks another, by the name that Kubernetes gives the entry point.
            host = {"Host": f"orders-internal:{internal}"}
            inside = await client.get(f"http://127.0.0.1:{internal}/internal/facts", headers=host)
            assert inside.text in ("orders-2", "orders-3")
            # And the world cannot do the same.
            outside = await client.get("/internal/facts", headers={"Host": "orders-internal"})
            assert outside.text not in ("orders-2", "orders-3")
            _find(script, folder, orders=("127.0.0.3",))

            async def only_the_other() -> bool:
                answers = [(await client.get("/api/v1/orders")).text for _ in range(6)]
                return set(answers) == {"orders-3"}

            await wait_until(only_the_other, deadline_s=10, what="the replica that went is not asked")
    finally:
        process.terminate()
        await process.wait()
        for backend in backends:
            await backend.stop()


def _find(script, folder: Path, **orders: tuple[str, ...]) -> None:
    found = dict.fromkeys(script.SERVICES, ()) | orders
    script.replace(folder / "replicas.yaml", script.configuration(found))
