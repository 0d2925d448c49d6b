"""Canaries in every place of a request that a route takes, and in many that it does not.

What is wrong with a request must not be told, or logged, by repeating it.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

from support.canaries.canary import Flock

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRONG_METHODS = ("PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE", "PROPFIND")


@dataclass(frozen=True)
class Shot:
    """One request: what is sent beside method and path."""

    method: str
    path: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


def shots(*, method: str, path: str, example: Any, flock: Flock) -> Iterator[Shot]:
    """Requests to one route, most of them refused; `example` is a body it takes, or None."""
    secrets = [canary.value for canary in flock.canaries]
    for body in bodies(example, secrets):
        yield Shot(method, path, json.dumps(body).encode(), JSON)
    text = json.dumps({"email": secrets[0], "all": secrets})
    yield Shot(method, path, text[:-2].encode(), JSON)  # cut off
    yield Shot(method, path, text.encode() + b"\xff\x00", JSON)
    yield Shot(method, path, text.encode("utf-16"), JSON)
    yield Shot(method, path, urlencode({"all": secrets}, doseq=True).encode(), FORM)
    yield Shot(
        method, f"{path}?{urlencode({'q': secrets, 'cursor': secrets[0], 'limit': secrets[1]}, doseq=True)}"
    )
    for headers in hostile_headers(secrets):
        yield Shot(method, path, json.dumps(example).encode(), JSON | headers)
    for wrong in WRONG_METHODS:
        yield Shot(wrong, path, text.encode(), JSON)


def bodies(example: Any, secrets: list[str]) -> Iterator[Any]:
    """The example with a secret in each of its places, in all of them, and in places it does not have."""
    for place in places(example):
        for secret in secrets:
            yield planted(example, place, secret)
    yield from secrets
    yield secrets
    if isinstance(example, dict):
        unknown = {f"unknown_{n}": secret for n, secret in enumerate(secrets)}
        yield example | unknown
        yield unknown
        yield dict.fromkeys(secrets, secrets)
        lot = cycle(secrets)
        yield {name: next(lot) for name in example}


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
    for secret in secrets:
        text = secret.encode("ascii", "replace").decode()
        basic = base64.b64encode(f"{text}:{text}".encode()).decode()
        yield {
            "Authorization": f"Bearer {text}",
            "Hold-Token": text,
            "Order-Access-Token": text,
            "Cookie": f"session={text}",
            "User-Agent": text,
            "Referer": f"https://shop.example/account/verify-email?token={text}",
            "If-Match": text,
            "If-None-Match": text,
            "Prefer": text,
            "Accept": text,
            "Content-Language": text,
        }
        yield {"Authorization": f"Basic {basic}"}
        yield {"Content-Type": text}
