"""The one question orders asks reservation: to keep held seats a while longer, for they are being paid."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import httpx
from pydantic import BaseModel

from chassis.internal_client import InternalClient, ServiceUnavailable
from chassis.logs import get_logger
from orders.settings import Settings

log = get_logger()


class _Hold(BaseModel):
    hold_id: UUID
    expires_at: datetime


class _Holds(BaseModel):
    holds: list[_Hold]


class HeldSeats:
    """Asks the reservation API that the settings name."""

    def __init__(self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = InternalClient(
            settings.reservation_url, settings.internal_api_key, transport=transport
        )

    async def renew(self, hold_ids: Sequence[UUID]) -> dict[UUID, datetime] | None:
        """When each of the holds ends, those that are over left out; None when reservation gave no answer.

        How long a hold may last in all is reservation's to decide: it may renew none of them.
        """
        asked = {"hold_ids": [str(hold_id) for hold_id in hold_ids]}
        try:
            answer = await self._client.post_json("/internal/holds/renewals", asked, nothing=())
            holds = _Holds.model_validate(answer).holds
        except (ServiceUnavailable, ValueError) as error:
            log.warning("holds_not_renewed", error=str(error))
            return None
        return {hold.hold_id: hold.expires_at for hold in holds}

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
