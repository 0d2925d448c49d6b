"""Shows an organizer who will come to their event, in full, and writes down that it did."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.domain.offer import EventNotFound
from orders.storage.attendee_list import Access, AttendeePage, attendees_of_event, record_access
from orders.storage.offers import load_offers
from orders.storage.personal_data import PersonalData


async def read_attendees(
    tx: Transaction,
    *,
    event_id: UUID,
    organization_ids: Collection[UUID],
    actor: str,
    after: str | None,
    limit: int,
    personal: PersonalData,
    now: datetime,
) -> AttendeePage:
    """At most `limit` attendees with valid tickets by their seats, those after the seat `after`.

    `actor` is who asks, organizer of `organization_ids`. The record of the access commits with `tx`:
    answer only then. Raises EventNotFound.
    """
    offer = (await load_offers(tx, {event_id})).get(event_id)
    if offer is None or offer.organization_id is None or offer.organization_id not in organization_ids:
        raise EventNotFound
    page = await attendees_of_event(tx, event_id=event_id, after=after, limit=limit, personal=personal)
    organization_id, rows = offer.organization_id, len(page.rows)
    access = Access(actor=actor, organization_id=organization_id, event_id=event_id, at=now, rows=rows)
    await record_access(tx, access=access)
    return page
