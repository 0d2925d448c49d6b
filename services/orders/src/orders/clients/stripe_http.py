"""How the Stripe library reaches Stripe: straight, through no proxy that the environment happens to name."""

import asyncio
import ssl
from collections.abc import Awaitable, Mapping

import httpx
import stripe

from chassis.outgoing import asking

PATH_PARTS_SEEN = 2
"""Of a path, in traces: `/v1/refunds`, without what follows."""


class StripeHttp(stripe.HTTPClient):
    """The library's own httpx client reads HTTP_PROXY and its like, so whoever sets them sees payments."""

    name = "httpx"

    def __init__(self, *, timeout_s: float) -> None:
        super().__init__()
        # The authorities the library trusts, as its own clients do.
        trusted = ssl.create_default_context(cafile=stripe.ca_bundle_path)
        self._http = httpx.AsyncClient(timeout=timeout_s, verify=trusted, trust_env=False)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | bytes | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Body, status and headers of the answer; the library asks again if there was none."""
        try:
            with asking(method, url, path_parts=PATH_PARTS_SEEN) as span:
                response = await self._http.request(method, url, headers=headers, content=post_data)
                span.set("http.response.status_code", response.status_code)
        except httpx.HTTPError as error:
            raise stripe.APIConnectionError(type(error).__name__, should_retry=True) from None
        return response.content, response.status_code, response.headers

    async def close_async(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """Between two attempts."""
        return asyncio.sleep(secs)
