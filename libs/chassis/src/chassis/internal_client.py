"""Asking another service over its `/internal/...` routes."""

import asyncio
from collections.abc import Collection
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from chassis.outgoing import asking, onward_headers

KEY_HEADER = "Internal-Api-Key"
TIMEOUT_S = 5.0
NOTHING_THERE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class ServiceUnavailable(Exception):
    """The other service gave no answer that can be used; ask again later."""


class InternalKeyUnusable(Exception):
    """INTERNAL_API_KEY names no file with a secret in it."""


def read_internal_key(path: str | Path) -> str:
    """The secret in the file; raises InternalKeyUnusable."""
    if not str(path):
        raise InternalKeyUnusable("INTERNAL_API_KEY is not set: it names a file (rowlock keys create)")
    try:
        key = Path(path).read_text().strip()
    except (OSError, ValueError) as error:
        raise InternalKeyUnusable(f"{path} holds no internal API key: {type(error).__name__}") from None
    if not key:
        raise InternalKeyUnusable(f"{path} is empty")
    return key


class InternalClient:
    """Asks the api at `base_url`; `key` is the path of the file INTERNAL_API_KEY names."""

    def __init__(
        self,
        base_url: str,
        key: str | Path,
        timeout_s: float = TIMEOUT_S,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._key_path = key
        self._timeout_s = timeout_s
        self._transport = transport

    async def get_json(self, path: str, *, nothing: Collection[int] = NOTHING_THERE) -> Any | None:
        """The JSON at `path`; None when there is nothing, or no longer: for the statuses of `nothing`.

        Raises ServiceUnavailable for anything else, within `timeout_s`.
        """
        return await self._ask("GET", path, None, nothing)

    async def post_json(
        self, path: str, body: Any, *, nothing: Collection[int] = NOTHING_THERE
    ) -> Any | None:
        """The same for a question with a JSON body. Where it raises, it may have had its effect."""
        return await self._ask("POST", path, body, nothing)

    async def close(self) -> None:
        """Close the connections, if anything was asked."""
        if "_client" in vars(self):
            await self._client.aclose()

    async def _ask(self, method: str, path: str, body: Any, nothing: Collection[int]) -> Any | None:
        try:
            with asking(method, f"{self._base_url}{path}") as span:
                async with asyncio.timeout(self._timeout_s):
                    headers = onward_headers()
                    response = await self._client.request(method, path, json=body, headers=headers)
                span.set("http.response.status_code", response.status_code)
        except (httpx.HTTPError, TimeoutError) as error:
            raise ServiceUnavailable(f"{self._base_url}: {type(error).__name__}") from error
        if response.status_code in nothing:
            return None
        try:
            return response.raise_for_status().json()
        except (httpx.HTTPStatusError, ValueError) as error:
            raise ServiceUnavailable(f"{self._base_url} answered {response.status_code}") from error

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._base_url,
            headers={KEY_HEADER: read_internal_key(self._key_path)},
            timeout=self._timeout_s,
            transport=self._transport,
        )
