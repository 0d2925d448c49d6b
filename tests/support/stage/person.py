"""Somebody with an access token at the gateway, as another program would speak for them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]

API = "/api/v1"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Sends one request a call and never again by itself; `expect` is the status it must have."""

    gateway: httpx.AsyncClient
    token: str | None = None

    async def get(
        self,
        path: str,
        *,
        expect: int = 200,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Read `path` (below /api/v1)."""
        answer = await self.gateway.get(API + path, params=query, headers=self._headers(headers))
        return expected(answer, expect)

    async def write(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Change something, under an Idempotency-Key that is new unless `key` is given."""
        return expected(await self.send(method, path, body, key=key, headers=headers), expect)

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """As `write`, whatever the answer."""
        sent = self._headers(headers) | {"Idempotency-Key": key or str(uuid.uuid4())}
        return await self.gateway.request(method, API + path, json=body, headers=sent)

    def _headers(self, more: Mapping[str, str] | None) -> dict[str, str]:
        return ({"Authorization": f"Bearer {self.token}"} if self.token else {}) | dict(more or {})


def expected(answer: httpx.Response, status: int) -> httpx.Response:
    """The answer, if it has this status; an AssertionError with all of it otherwise."""
    request = answer.request
    assert answer.status_code == status, (
        f"{request.method} {request.url.path} gave {answer.status_code}: {answer.text}"
    )
    return answer


def problem(answer: httpx.Response) -> str:
    """The name of the problem an answer tells, as `seats-taken`."""
    return answer.json()["type"].removeprefix("/problems/")


def said(answer: httpx.Response) -> tuple[int, Any, frozenset[str]]:
    """Everything an answer tells: status, body, names of headers; without what is new in each of them."""
    try:
        body = answer.json()
    except ValueError:
        body = answer.text
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "instance"}
    return answer.status_code, body, frozenset(answer.headers)
