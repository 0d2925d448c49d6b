"""Asks reservation which seats it has sold, and to which orders."""

from collections.abc import AsyncIterator, Collection, Mapping
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.internal_client import InternalClient, ServiceUnavailable
from orders.settings import Settings

SEATS_AT_ONCE = 5000
PAGE_TIMEOUT_S = 30.0


class SoldSeat(BaseModel):
    """A seat of an event, and the order it is sold to."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID
    seat_id: str
    order_id: UUID


class _Page(BaseModel):
    seats: list[SoldSeat]
    next: str | None


class SoldSeats:
    """Asks the reservation API that the settings name."""

    def __init__(self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = InternalClient(
            settings.reservation_url, settings.internal_api_key, PAGE_TIMEOUT_S, transport=transport
        )

    async def of_events(self, event_ids: Collection[UUID]) -> AsyncIterator[SoldSeat]:
        """All sold seats of some events (100 at most), read page by page. Raises ServiceUnavailable."""
        asked: dict[str, object] = {"event_ids": [str(each) for each in event_ids], "limit": SEATS_AT_ONCE}
        after: str | None = None
        while True:
            page = await self._page(asked | {"next": after})
            for seat in page.seats:
                yield seat
            after = page.next
            if after is None:
                return

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _page(self, asked: Mapping[str, object]) -> _Page:
        answer = await self._client.post_json("/internal/sold-seats", asked, nothing=())
        try:
            return _Page.model_validate(answer)
        except ValidationError as error:
            raise ServiceUnavailable(f"reservation's answer has {error.error_count()} faults") from error
