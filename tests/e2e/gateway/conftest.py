"""Traefik with the files of gateway/ in front of replicas that do as they are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from rowlock_local.home import Home
from rowlock_local.parts.gateway import gateway_command
from rowlock_local.ports import claim_ports
from support.told_backend import Backend, Received
from support.waiting import wait_until

GATEWAY = Path(__file__).parents[3] / "gateway"


@dataclass
class Gateway:
    """A running Traefik and what is behind it."""

    port: int
    log: Path
    replicas: dict[str, list[Backend]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def backends(self) -> list[Backend]:
        return [backend for backends in self.replicas.values() for backend in backends]

    @property
    def received(self) -> list[Received]:
        return [request for backend in self.backends for request in backend.received]


@asynccontextmanager
async def running_gateway(folder: Path, *, catalog: int = 1, **environment: str) -> AsyncIterator[Gateway]:
    home = Home(folder)
    home.create()
    counts = {"catalog": catalog, "reservation": 1, "orders": 1, "accounts": 1}
    replicas = {name: [Backend(f"{name}-{n}") for n in range(1, count + 1)] for name, count in counts.items()}
    for backend in (backend for backends in replicas.values() for backend in backends):
        await backend.start()
    ports = claim_ports(home, names=["web", "internal"])
    command = gateway_command(
        home,
        source=GATEWAY,
        web_port=ports["web"],
        internal_port=ports["internal"],
        replicas={name: [backend.url for backend in backends] for name, backends in replicas.items()},
        trusted_proxies=int(environment.get("GATEWAY_TRUSTED_PROXIES", "0")),
    )
    log = home.logs / "gateway.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command.child_argv(), env={**command.env, **environment}, stdout=out, stderr=out
        )
    gateway = Gateway(ports["web"], log, replicas)
    try:
        await wait_until(command.ready, deadline_s=20, what="the gateway routes")
        yield gateway
    finally:
        process.terminate()
        await process.wait()
        for backend in gateway.backends:
            await backend.stop()


@pytest.fixture(scope="session")
async def shared_gateway(tmp_path_factory) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path_factory.mktemp("gateway"), catalog=2) as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Gateway:
    for backend in shared_gateway.backends:
        backend.reset()
    return shared_gateway


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=15) as client:
        yield client


@pytest.fixture
def gateway_with(tmp_path):
    """Start a gateway with settings of its own."""
    return lambda **environment: running_gateway(tmp_path / "home", **environment)
