"""Keeps what this service must know of the events catalog publishes and cancels."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.offer import Offer
from orders.storage.offers import save_cancellation, save_offer


async def project_published_event(tx: Transaction, *, offer: Offer) -> None:
    """Handle EventPublished; a stale version, or one of a cancelled event, changes nothing."""
    await save_offer(tx, offer=offer)


async def project_cancelled_event(tx: Transaction, *, event_id: UUID, version: int, now: datetime) -> None:
    """Handle EventCancelled: no order can be placed from here on; a job cancels those there are."""
    await save_cancellation(tx, event_id=event_id, version=version, at=now)
