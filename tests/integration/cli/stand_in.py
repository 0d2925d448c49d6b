"""A system for `rowlock status` and `rowlock doctor` to look at: real databases, queues, key files and a real
mail server; in place of each process the health server every worker has, telling what a process would tell.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chassis.database import Database
from chassis.health_server import HealthServer
from chassis.process_facts import ProcessFacts
from chassis.settings import ServiceSettings

PROCESS_TYPES = ("api", "worker")


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        return listener.getsockname()[1]


class StandInProcess:
    """Answers for one process, at a free port unless one is given; `url` is known once it has started."""

    def __init__(
        self, settings: ServiceSettings, process_type: str, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.name = f"{settings.service_name}-{process_type}"
        self._host, self._port = host, port
        self._settings, self._process_type = settings, process_type
        self.failing: list[str] = []
        self.told: dict[str, Any] = {}
        """What it tells otherwise than it should."""
        self.be_told()

    def be_told(self, **settings: Any) -> None:
        """Begin anew with these settings."""
        told = self._settings.model_copy(update=settings)
        db = Database.of(told, process=self._process_type)
        relays = self._process_type == "worker"
        self._facts = ProcessFacts(told, process=self._process_type, db=db, relays=relays)

    async def start(self) -> None:
        for _ in range(10):
            port = self._port or free_port(self._host)
            server = HealthServer(host=self._host, port=port, not_ready=self._not_ready, facts=self._tell)
            with contextlib.suppress(OSError):  # somebody was quicker
                await server.start()
                self._server, self.url = server, f"http://{self._host}:{port}"
                return
        raise RuntimeError("no port is free")

    async def stop(self) -> None:
        await self._server.stop()

    async def _not_ready(self) -> list[str]:
        return self.failing

    def _tell(self) -> dict[str, Any]:
        return self._facts() | self.told


class StandInGateway:
    """Answers 200 for the description of each service but those `unreached`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.unreached: set[str] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            target = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
            service = target.rpartition("/")[2].removesuffix(".json")
            status = "404 Not Found" if service in self.unreached else "200 OK"
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode())
            await writer.drain()
        writer.close()


class StandIn:
    """The processes by name, as `orders-api`, and the gateway."""

    def __init__(self, processes: dict[str, StandInProcess]) -> None:
        self.processes = processes
        self.gateway = StandInGateway()

    @property
    def environment(self) -> dict[str, str]:
        """Where all of them are."""
        urls = {
            f"{name.replace('-', '_').upper()}_REPLICA_URLS": process.url
            for name, process in self.processes.items()
        }
        return urls | {"ROWLOCK_URL": f"http://127.0.0.1:{self.gateway.port}"}

    def tell_all(self, **settings: Any) -> None:
        """Begin every process anew with these settings."""
        for process in self.processes.values():
            process.be_told(**settings)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["StandIn"]:
        parts = [*self.processes.values(), self.gateway]
        try:
            for part in parts:
                await part.start()
            yield self
        finally:
            for part in parts:
                with contextlib.suppress(AttributeError):
                    await part.stop()
