"""The processes of each service: whether they are ready, and what they tell of themselves."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from rowlock_cli.asking import TIMEOUT, Unanswered, addresses_of, ask, first_line
from rowlock_cli.operator_settings import PROCESS_TYPES, OperatorSettings
from rowlock_cli.services import service_names


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSight:
    """One process, or a name that led to none: then `unanswered` says why."""

    service: str
    process_type: str
    address: str
    is_ready: bool = False
    reasons: tuple[str, ...] = ()
    """Why it is not ready, in its own words."""
    unanswered: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What /aboutz says; empty where it did not answer."""
    clock_ahead_s: float | None = None
    """How far its clock is ahead of ours; None where it did not tell. Not finer than the answer took."""
    took_s: float = 0.0

    @property
    def name(self) -> str:
        """As `orders-api`."""
        return f"{self.service}-{self.process_type}"

    def setting(self, name: str) -> Any:
        """What it was told, or None."""
        return self.facts.get("settings", {}).get(name)


async def look_at_replicas(settings: OperatorSettings) -> list[ReplicaSight]:
    """Every process of every service."""
    # No proxy that the environment names: these addresses are inside.
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT) as client:
        sights = await asyncio.gather(
            *(
                _look_at_url(client, service, process_type, url)
                for service in service_names()
                for process_type in PROCESS_TYPES
                for url in settings.replica_urls(service=service, process_type=process_type)
            )
        )
    return [sight for several in sights for sight in several]


async def _look_at_url(
    client: httpx.AsyncClient, service: str, process_type: str, url: str
) -> list[ReplicaSight]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        addresses = await ask(addresses_of(host))
    except ValueError:
        return [_absent(service, process_type, url, "not a URL")]
    except Unanswered as error:
        return [_absent(service, process_type, url, str(error))]
    return await asyncio.gather(
        *(_look(client, service, process_type, _with_port(address, port)) for address in addresses)
    )


def _with_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _absent(service: str, process_type: str, url: str, why: str) -> ReplicaSight:
    return ReplicaSight(service=service, process_type=process_type, address=url, unanswered=why)


async def _look(client: httpx.AsyncClient, service: str, process_type: str, address: str) -> ReplicaSight:
    try:
        ready, about = await ask(_ask_both(client, address))
    except Unanswered as error:
        return _absent(service, process_type, address, str(error))
    except (httpx.HTTPError, ValueError) as error:
        return _absent(service, process_type, address, _why(error))
    facts, took_s, ahead_s = about
    return ReplicaSight(
        service=service,
        process_type=process_type,
        address=address,
        is_ready=ready.status_code == HTTPStatus.OK,
        reasons=_reasons(ready),
        facts=facts,
        clock_ahead_s=ahead_s,
        took_s=took_s,
    )


async def _ask_both(
    client: httpx.AsyncClient, address: str
) -> tuple[httpx.Response, tuple[dict[str, Any], float, float | None]]:
    ready, about = await asyncio.gather(client.get(f"http://{address}/readyz"), _about(client, address))
    return ready, about


async def _about(client: httpx.AsyncClient, address: str) -> tuple[dict[str, Any], float, float | None]:
    """What it says of itself, how long that took, and how far its clock is ahead."""
    asked_at = datetime.now(UTC)
    answer = await client.get(f"http://{address}/aboutz")
    took_s = (datetime.now(UTC) - asked_at).total_seconds()
    if answer.status_code != HTTPStatus.OK:  # an older version
        return {}, took_s, None
    facts = answer.json()
    ahead_s = (datetime.fromisoformat(facts["now"]) - asked_at).total_seconds() - took_s / 2
    return facts, took_s, ahead_s


def _reasons(ready: httpx.Response) -> tuple[str, ...]:
    if ready.status_code == HTTPStatus.OK:
        return ()
    try:
        said = ready.json()
        return tuple(said.get("failing") or [said["status"]])
    except (ValueError, KeyError, AttributeError):
        return (f"/readyz answers {ready.status_code}",)


def _why(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError):
        return "no connection: nobody listens there"
    return f"no use of its answer: {type(error).__name__}: {first_line(error)}"
