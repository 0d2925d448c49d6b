"""Cancel a published event: it will not take place, and reservation and orders undo its sales."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from catalog.storage.events import lock_event, save_event
from catalog.storage.listings import remove_listing
from catalog.storage.outbox import enqueue
from catalog.usecases.errors import EventNotFound
from chassis.database import Transaction
from messages.catalog import EventCancelled


async def cancel_event(
    tx: Transaction, *, event_id: UUID, organizations: Collection[UUID], reason: str, now: datetime
) -> None:
    """Published to cancelled. `reason` is shown to buyers; `organizations` are those the caller acts for.

    Raises EventNotFound, EventNotPublished or EventAlreadyEnded.
    """
    published = await lock_event(tx, event_id=event_id, organizations=organizations)
    if published is None:
        raise EventNotFound
    event = published.cancel(reason=reason, now=now)
    await save_event(tx, event=event)
    await remove_listing(tx, event_id=event_id)
    await enqueue(
        tx, EventCancelled(event_id=event_id, version=event.version, reason=reason, cancelled_at=now)
    )
