"""Rowlock's own processes: each service's API and worker."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rowlock_local.command import Command
from rowlock_local.probes import http_answers
from rowlock_local.settings import PROCESS_TYPES, SERVICES, LocalSettings

PORT_SETTING = {"api": "HTTP_PORT", "worker": "WORKER_HTTP_PORT"}


@dataclass(frozen=True)
class ServiceProcess:
    """One process of a service: its name is also the name of its port and its log."""

    service: str
    process_type: str
    number: int

    @property
    def name(self) -> str:
        """As `catalog-api-1`."""
        return f"{self.service}-{self.process_type}-{self.number}"


def service_processes(settings: LocalSettings) -> list[ServiceProcess]:
    """Every process these settings ask for, APIs first."""
    return [
        ServiceProcess(service, process_type, number)
        for process_type in PROCESS_TYPES
        for service in SERVICES
        for number in range(1, settings.replicas(service=service, process_type=process_type) + 1)
    ]


def api_urls(settings: LocalSettings, *, ports: Mapping[str, int]) -> dict[str, list[str]]:
    """Base URLs of each service's API processes."""
    urls: dict[str, list[str]] = {service: [] for service in SERVICES}
    for process in service_processes(settings):
        if process.process_type == "api":
            urls[process.service].append(f"http://127.0.0.1:{ports[process.name]}")
    return urls


def service_commands(
    settings: LocalSettings,
    process_type: str,
    *,
    ports: Mapping[str, int],
    common: Mapping[str, str],
    database_urls: Mapping[str, str],
) -> Iterator[Command]:
    """A command for each "api" or "worker". `common` holds the settings every service gets."""
    for process in service_processes(settings):
        if process.process_type != process_type:
            continue
        yield service_command(
            process,
            port=ports[process.name],
            env={**common, "DATABASE_URL": database_urls[process.service]},
            niceness=settings.niceness(service=process.service, process_type=process_type),
        )


def service_command(
    process: ServiceProcess, *, port: int, env: Mapping[str, str], niceness: int = 0
) -> Command:
    """One process, ready when its /readyz says so."""

    async def ready() -> bool:
        return await http_answers(f"http://127.0.0.1:{port}/readyz")

    own = {"HTTP_HOST": "127.0.0.1", PORT_SETTING[process.process_type]: str(port), "PYTHONUNBUFFERED": "1"}
    return Command(
        name=process.name,
        argv=(sys.executable, "-m", "chassis.serve", process.service, process.process_type),
        ready=ready,
        env={**os.environ, **env, **own},
        cwd=Path.cwd(),
        niceness=niceness,
    )
