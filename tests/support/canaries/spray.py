"""Canaries in every place of a request that a route takes, and in many that it does not.

What is wrong with a request must not be told, or logged, by repeating it.
"""

import asyncio
import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

import httpx

from support.rights.bodies import example_of
from support.services import SERVICES, operations_of

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRONG_METHODS = ("PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE", "PROPFIND")
AT_ONCE = 8


@dataclass(frozen=True)
class Shot:
    """One request: what is sent beside an Idempotency-Key and the sprayer's own token."""

    method: str
    path: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


def everywhere(secrets: list[str]) -> Iterator[Shot]:
    """Requests to every route of every service."""
    for service in SERVICES:
        for method, path in operations_of(service):
            filled = "/".join(str(uuid.uuid4()) if part[:1] == "{" else part for part in path.split("/"))
            yield from shots(method.upper(), filled, example_of(method, path), secrets)


def shots(method: str, path: str, example: Any, secrets: list[str]) -> Iterator[Shot]:
    """Requests to one route; `example` is a body it takes, or None. None of them can be granted to an
    organizer, whose texts are for everybody: their bodies always have something a route does not take.
    """
    for body in bodies(example, secrets):
        yield Shot(method, path, json.dumps(body).encode(), JSON)
    text = json.dumps({"email": secrets[0], "all": secrets})
    for content in (text[:-2].encode(), text.encode() + b"\xff\x00", text.encode("utf-16")):
        yield Shot(method, path, content, JSON)
    yield Shot(method, path, urlencode({"all": secrets}, doseq=True).encode(), FORM)
    query = urlencode(
        {"q": secrets, "cursor": secrets[0], "limit": secrets[1], "text": secrets[2]}, doseq=True
    )
    yield Shot(method, f"{path}?{query}", text.encode(), JSON)
    for headers in hostile_headers(secrets):
        yield Shot(method, path, text.encode(), JSON | headers)
    for wrong in WRONG_METHODS:
        if wrong != method:
            yield Shot(wrong, path, text.encode(), JSON)


def bodies(example: Any, secrets: list[str]) -> Iterator[Any]:
    """The example with a secret in each of its places, one after the other, and secrets where none belong."""
    lot = cycle(secrets)
    unknown = {f"unknown_{n}": secret for n, secret in enumerate(secrets)}
    for place in places(example) if example else ():
        body = planted(example, place, next(lot))
        yield {**body, **unknown} if isinstance(body, dict) else body
    yield secrets[0]
    yield secrets
    yield unknown
    yield dict.fromkeys(secrets, secrets)
    if isinstance(example, dict):
        yield example | unknown
        yield {name: next(lot) for name in example} | unknown


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every leaf of a JSON value."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if members is None:
        yield path
    else:
        for name, member in members:
            yield from places(member, (*path, name))


def planted(value: Any, path: tuple[Any, ...], secret: str) -> Any:
    """A copy of the value with `secret` at `path`."""
    if not path:
        return secret
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = planted(value[path[0]], path[1:], secret)
    return copy


def hostile_headers(secrets: list[str]) -> Iterator[dict[str, str]]:
    """Secrets where tokens, conditions and browsers' chatter belong."""
    for secret in secrets:
        basic = base64.b64encode(f"{secret}:{secret}".encode()).decode()
        yield {
            "Authorization": f"Bearer {secret}",
            "Hold-Token": secret,
            "Order-Access-Token": secret,
            "Cookie": f"session={secret}",
            "User-Agent": secret,
            "Referer": f"https://shop.example/account/verify-email?token={secret}",
            "If-Match": secret,
            "If-None-Match": secret,
            "Prefer": secret,
            "Accept": secret,
        }
        yield {"Authorization": f"Basic {basic}"}
        yield {"Content-Type": secret}


async def spray(client: httpx.AsyncClient, token: str, secrets: list[str]) -> list[httpx.Response]:
    """Send all of it, as somebody with a token and every role; what was answered."""
    left, answers = everywhere(secrets), list[httpx.Response]()

    async def fire() -> None:
        for shot in left:
            own = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
            request = client.build_request(
                shot.method, shot.path, content=shot.content, headers=own | shot.headers
            )
            answers.append(await client.send(request))

    await asyncio.gather(*(fire() for _ in range(AT_ONCE)))
    return answers
