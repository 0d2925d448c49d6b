"""What other services keep about a person, for the person's own export."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.internal_client import InternalClient, ServiceUnavailable

RETRY_AFTER_S = 5


class ExportIncomplete(Exception):
    """A service that may know something did not answer; half an export would look like a whole one."""

    def __init__(self) -> None:
        self.retry_after_s = RETRY_AFTER_S
        super().__init__("A part of the system did not answer: try again shortly.")


class People:
    """Asks each service by its name, as `orders`; one without an address is not asked."""

    def __init__(self, urls: Mapping[str, str], *, internal_api_key: str) -> None:
        self._clients = {name: InternalClient(url, internal_api_key) for name, url in urls.items() if url}

    async def export(self, account_id: UUID) -> dict[str, Any]:
        """What each service keeps of the account's person, by service. Raises ExportIncomplete."""
        path = f"/internal/people/{account_id}/export"
        try:
            return {name: await client.get_json(path) for name, client in self._clients.items()}
        except ServiceUnavailable as error:
            raise ExportIncomplete from error

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.close()
