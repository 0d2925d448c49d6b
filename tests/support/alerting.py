"""A real Prometheus that watches a local system by our own rules, hurried: it asks every two seconds, and an alert
need not hold for minutes before it fires. Thresholds and the times that rates are taken over stay as they are.
"""

import asyncio
import re
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from rowlock_local.command import Command
from rowlock_local.files import read_json
from rowlock_local.home import Home
from support.processes import running
from support.waiting import wait_until

OBSERVABILITY = Path(__file__).parents[2] / "infra" / "observability"
_REPLICA = re.compile(r"(?P<part>[a-z]+-(?:api|worker))-\d+")


@dataclass(frozen=True)
class Alerts:
    """What Prometheus at `url` believes."""

    url: str

    async def fires(self, name: str, *, within_s: float = 60, **labels: str) -> dict[str, Any]:
        """The alert of these labels once it fires; printed, for the runbook."""
        began_at = time.monotonic()

        async def look() -> dict[str, Any] | None:
            return next(
                (alert for alert in await self.firing(name) if labels.items() <= alert["labels"].items()),
                None,
            )

        alert = await wait_until(look, deadline_s=within_s, poll_ms=500, what=f"{name} {labels} fires")
        shown = {key: value for key, value in alert["labels"].items() if key != "alertname"}
        took_s = time.monotonic() - began_at
        sys.stdout.write(f"\nFIRED {name} {shown} after {took_s:.0f} s: {alert['annotations']['summary']}\n")
        return alert

    async def fires_while(self, trouble: Callable[[], Awaitable[object]], name: str, **labels: str) -> None:
        """The alert fires while this goes on and on. A counter shows nothing of what came before it was first seen."""
        lasting = asyncio.create_task(_again_and_again(trouble))
        try:
            await self.fires(name, within_s=120, **labels)
        finally:
            lasting.cancel()
            await asyncio.gather(lasting, return_exceptions=True)

    async def ends(self, name: str, *, within_s: float = 60, **labels: str) -> None:
        """Wait until no alert of these labels fires any more."""

        async def look() -> bool:
            return not any(labels.items() <= alert["labels"].items() for alert in await self.firing(name))

        await wait_until(look, deadline_s=within_s, poll_ms=500, what=f"{name} {labels} ends")

    async def firing(self, name: str = "") -> list[dict[str, Any]]:
        """All alerts that fire; those of a name, if one is given."""
        alerts = (await self._get("/api/v1/alerts"))["alerts"]
        firing = [alert for alert in alerts if alert["state"] == "firing"]
        return [alert for alert in firing if name in ("", alert["labels"]["alertname"])]

    async def value(self, expression: str) -> list[dict[str, Any]]:
        """What an expression is now: a list of {metric, value}."""
        return (await self._get("/api/v1/query", query=expression))["result"]

    async def targets(self) -> Mapping[str, str]:
        """The health of each address that is asked."""
        return {
            each["scrapeUrl"]: each["health"]
            for each in (await self._get("/api/v1/targets"))["activeTargets"]
        }

    async def _get(self, path: str, **query: str) -> Any:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=10) as client:
            return (await client.get(path, params=query)).raise_for_status().json()["data"]


@contextmanager
def watching(program: Path, home: Home, folder: Path, *, port: int, rabbitmq_port: int) -> Iterator[Alerts]:
    """Run Prometheus on the system of `home`, with its files in `folder`."""
    ports = read_json(home.ports_file)
    hurried_copy(folder)
    config = _of_yaml(folder / "prometheus.yaml")
    config["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"}
    places = {"gateway": ports["gateway-internal"], "rabbitmq": rabbitmq_port}
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        name = job["job_name"]
        job["static_configs"] = (
            _replicas(ports) if name == "rowlock" else [{"targets": [f"127.0.0.1:{places[name]}"]}]
        )
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    alerts = Alerts(f"http://127.0.0.1:{port}")

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"{alerts.url}/-/ready")).is_success
        except httpx.HTTPError:
            return False

    command = Command(
        name="prometheus",
        argv=(
            str(program),
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ),
        ready=ready,
        cwd=folder,
        stop_s_max=20,
    )
    with running(command, logs=home.logs):
        yield alerts


async def everybody_answers(alerts: Alerts) -> None:
    """Wait until Prometheus has been answered by every address."""

    async def look() -> bool:
        return set((await alerts.targets()).values()) == {"up"}

    await wait_until(look, deadline_s=60, poll_ms=500, what="every target answers")


async def _again_and_again(trouble: Callable[[], Awaitable[object]]) -> None:
    while True:
        await trouble()
        await asyncio.sleep(0.1)


def hurried_copy(folder: Path) -> None:
    """Our files, but that no alert waits longer than two seconds before it fires."""
    shutil.copytree(OBSERVABILITY / "prometheus", folder, dirs_exist_ok=True)
    for path in (folder / "rules").glob("*.yaml"):
        rules = _of_yaml(path)
        for rule in (rule for group in rules["groups"] for rule in group["rules"]):
            if "for" in rule:
                rule["for"] = "2s"
        path.write_text(yaml.safe_dump(rules, sort_keys=False, width=1000))


def _replicas(ports: Mapping[str, int]) -> list[dict[str, Any]]:
    """As Compose's name server would answer: the addresses of each part's replicas, by the part's name."""
    found = [(match["part"], port) for name, port in ports.items() if (match := _REPLICA.fullmatch(name))]
    return [{"targets": [f"127.0.0.1:{port}"], "labels": {"__meta_dns_name": part}} for part, port in found]


def _of_yaml(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())
