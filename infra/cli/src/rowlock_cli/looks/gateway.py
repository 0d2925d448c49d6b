"""The gateway: whether it answers, and which services it reaches."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from rowlock_cli.asking import TIMEOUT, Unanswered, addresses_of, ask, first_line

ROUTED = ("catalog", "reservation", "orders", "accounts")
"""Services that have routes; each is asked for its description, which needs neither rights nor a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySight:
    """What came of one request for each routed service."""

    url: str
    took_ms: float | None = None
    """Of the quickest answer."""
    unreached: Mapping[str, str] = field(default_factory=dict)
    """Services that the gateway does not reach, and what it says instead."""
    unanswered: str | None = None


async def look_at_gateway(url: str) -> GatewaySight:
    """Ask for each service through the gateway."""
    try:
        await ask(addresses_of(urlsplit(url).hostname or ""))
    except (Unanswered, ValueError) as error:
        return GatewaySight(url=url, unanswered=str(error))
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=TIMEOUT) as client:
        answers = await asyncio.gather(*(_route(client, service) for service in ROUTED))
    told = dict(zip(ROUTED, answers, strict=True))
    reached = [answer for answer in told.values() if isinstance(answer, float)]
    unreached = {service: answer for service, answer in told.items() if isinstance(answer, str)}
    if not reached and len(set(unreached.values())) == 1 and not _spoke(unreached[ROUTED[0]]):
        return GatewaySight(url=url, unanswered=unreached[ROUTED[0]])
    return GatewaySight(url=url, took_ms=min(reached) * 1000 if reached else None, unreached=unreached)


def _spoke(answer: str) -> bool:
    return answer.startswith("HTTP")


async def _route(client: httpx.AsyncClient, service: str) -> float | str:
    """Seconds until a good answer began, or what came instead."""
    try:
        return await ask(_first_byte(client, f"/api/v1/openapi/{service}.json"))
    except Unanswered as error:
        return str(error)
    except httpx.ConnectError:
        return "no connection: nobody listens there"
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {first_line(error)}"


async def _first_byte(client: httpx.AsyncClient, path: str) -> float | str:
    asked_at = time.monotonic()
    async with client.stream("GET", path) as answer:
        if answer.status_code == HTTPStatus.OK:
            return time.monotonic() - asked_at
        return f"HTTP {answer.status_code}"
