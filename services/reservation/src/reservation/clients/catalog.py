"""The one question reservation asks catalog: which seats an immutable seating plan has."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from chassis.internal_client import KEY_HEADER, ServiceUnavailable, read_internal_key
from chassis.outgoing import asking, onward_headers

FIRST_DELAY_S = 0.2
DELAY_S_MAX = 10.0
REQUEST_TIMEOUT_S = 10.0


class PlanUnavailable(ServiceUnavailable):
    """Catalog could not be reached, or was in trouble, for as long as it may be asked in one go."""


class PlanRefused(Exception):
    """Catalog went on answering without the plan: it does not know it, or does not accept our key.

    That does not pass by itself, so it is no ServiceUnavailable: somebody has to be told.
    """


class PlanDiffers(Exception):
    """Catalog's plan is not the one the event was published with."""


class CatalogClient:
    """Asks the api at `base_url`; one question is repeated, slower and slower, for `wait_s_max`.

    `internal_api_key` is the path of the file with the secret that our services show each other.
    """

    def __init__(
        self,
        base_url: str,
        *,
        internal_api_key: str | Path,
        wait_s_max: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._internal_api_key = internal_api_key
        self._wait_s_max = wait_s_max
        self._transport = transport

    async def plan_document(self, *, seating_plan_id: UUID, sha256: str) -> bytes:
        """The plan's compact seats document.

        Raises PlanUnavailable, PlanRefused, PlanDiffers or InternalKeyUnusable.
        """
        content = await self._fetch_until_answered(
            f"{self._base_url}/internal/seating-plans/{seating_plan_id}/seats"
        )
        document: dict[str, Any] = json.loads(content)
        if document["sha256"] != sha256 or document["seating_plan_id"] != str(seating_plan_id):
            raise PlanDiffers(
                f"seating plan {seating_plan_id}: published with {sha256}, is {document['sha256']}"
            )
        return content

    async def _fetch_until_answered(self, url: str) -> bytes:
        delay_s = FIRST_DELAY_S
        headers = {KEY_HEADER: read_internal_key(self._internal_api_key)}
        failure: httpx.HTTPError | None = None
        try:
            async with (
                asyncio.timeout(self._wait_s_max),
                httpx.AsyncClient(
                    transport=self._transport, timeout=REQUEST_TIMEOUT_S, headers=headers
                ) as client,
            ):
                while True:
                    try:
                        with asking("GET", url):
                            response = (await client.get(url, headers=onward_headers())).raise_for_status()
                    except httpx.HTTPError as error:
                        # Also for a plan catalog does not know: its replica may be behind its message.
                        failure = error
                        await asyncio.sleep(delay_s * random.uniform(0.5, 1.0))
                    else:
                        return response.content
                    delay_s = min(delay_s * 2, DELAY_S_MAX)
        except TimeoutError:
            raise _verdict(url, failure) from failure


def _verdict(url: str, failure: httpx.HTTPError | None) -> PlanUnavailable | PlanRefused:
    """What the last failure says about catalog; None: not one request came to its end."""
    if isinstance(failure, httpx.HTTPStatusError) and not failure.response.is_server_error:
        return PlanRefused(f"{url}: {failure.response.status_code}")
    return PlanUnavailable(f"{url}: {failure!r}")
