"""Questions to the payment sandbox over HTTP, and what their answers mean for us."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from chassis.outgoing import asking
from orders.clients.payment_provider import ProviderRefused, ProviderUnavailable
from orders.clients.provider_metrics import ProviderMetrics
from orders.clients.sandbox_answers import PaymentsPage, RefundsPage

PATH_PARTS_SEEN = 2
"""Of a path, in traces: `/v1/payments`, without what follows."""

Answer = TypeVar("Answer", bound=BaseModel)
Page = TypeVar("Page", PaymentsPage, RefundsPage)

# Without effect and worth asking again: too many questions, and a key that an operator has to mend.
_ASK_AGAIN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


class SandboxCalls:
    """`timeout_s` is for one whole question with its answer."""

    def __init__(self, *, url: str, api_key: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._metrics = ProviderMetrics("sandbox")
        headers = {"Authorization": f"Bearer {api_key}"}
        # A proxy that the environment names must not see payments.
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"), headers=headers, timeout=timeout_s, trust_env=False
        )

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Any | None:
        """The JSON at `path`; None when there is nothing."""
        with self._metrics.question():
            response = await self._ask("GET", path, params=query)
            return None if response.status_code == HTTPStatus.NOT_FOUND else _json(response)

    async def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
        """What a write answers; `key` makes it one write however often it is asked."""
        headers = {"Idempotency-Key": key} if key else {}
        with self._metrics.question():
            return _json(await self._ask("POST", path, json=body, headers=headers))

    async def pages(self, kind: type[Page], path: str, query: dict[str, str]) -> AsyncIterator[Page]:
        """Page after page of a list."""
        while True:
            page = read(kind, await self.get(path, query))
            yield page
            if page.next_cursor is None:
                return
            query = query | {"cursor": page.next_cursor}

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            with asking(method, str(self._http.base_url.join(path)), path_parts=PATH_PARTS_SEEN) as span:
                async with asyncio.timeout(self._timeout_s):
                    response = await self._http.request(method, path, **parts)
                span.set("http.response.status_code", response.status_code)
                return response
        except (httpx.HTTPError, TimeoutError) as error:
            raise ProviderUnavailable(f"the sandbox: {type(error).__name__}") from None


def _json(response: httpx.Response) -> Any:
    status = response.status_code
    if response.is_success:
        try:
            return response.json()
        except ValueError:
            raise ProviderUnavailable("the sandbox did not answer in JSON") from None
    if response.is_client_error and status not in _ASK_AGAIN:
        raise ProviderRefused(_code(response))
    raise ProviderUnavailable(f"the sandbox answered {status}")


def _code(response: httpx.Response) -> str:
    """The last word of the problem's type."""
    try:
        return str(response.json()["type"]).rpartition("/")[2]
    except (ValueError, KeyError, TypeError):
        return str(response.status_code)


def read(kind: type[Answer], answer: Any) -> Answer:
    """An answer in its shape; raises ProviderUnavailable for one that cannot be used."""
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise ProviderUnavailable(f"{error.error_count()} fields of the sandbox do not fit") from None
