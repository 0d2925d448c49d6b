"""The gateway's API as any client sees it: one method that sends, checks and hands back the answer."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx

from rowlock_demo.surprise import Surprise

TIMEOUT_S = 30.0
API = "/api/v1"


class Gateway:
    """A connection to the gateway. `watch` is called with every answer, for a transcript."""

    def __init__(self, url: str, *, watch: Callable[[httpx.Response], None] | None = None) -> None:
        # No proxy from the environment: it is meant for the internet, and would get to see the tokens.
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False)
        self._watch = watch

    def get(
        self,
        path: str,
        *,
        expect: int | tuple[int, ...] = 200,
        query: Mapping[str, str] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Read `path` (below /api/v1)."""
        request = self._http.build_request("GET", API + path, params=query, headers=_headers(token, headers))
        return self._send(request, expect=expect)

    def write(
        self,
        method: str,
        path: str,
        *,
        expect: int | tuple[int, ...],
        token: str | None = None,
        body: Any = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Change something, under an Idempotency-Key that is new unless `key` is given."""
        all_headers = _headers(token, headers) | {"Idempotency-Key": key or str(uuid4())}
        request = self._http.build_request(method, API + path, json=body, headers=all_headers)
        return self._send(request, expect=expect)

    def _send(self, request: httpx.Request, *, expect: int | tuple[int, ...]) -> httpx.Response:
        try:
            answer = self._http.send(request)
        except httpx.TransportError as error:
            raise Surprise(
                f"Nothing answers at {self._http.base_url}: {error}. Is the system up (`make up`)?"
            ) from error
        if self._watch:
            self._watch(answer)
        if answer.status_code not in (expect if isinstance(expect, tuple) else (expect,)):
            raise Surprise(
                f"{request.method} {request.url.path} should have answered {expect}, "
                f"but answered {answer.status_code}: {answer.text[:500] or 'no body'}"
            )
        return answer


def _headers(token: str | None, more: Mapping[str, str] | None) -> dict[str, str]:
    return ({"Authorization": f"Bearer {token}"} if token else {}) | dict(more or {})
