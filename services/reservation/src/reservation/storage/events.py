"""Events on sale and the plans they are on. First in the lock order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Snapshot, Transaction
from chassis.statements import Answer, Statement
from reservation.domain.geometry import Geometry
from reservation.storage.tables import events, plans

ON_SALE = "on_sale"
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What a publication says of an event's sale; the period is half-open."""

    event_id: UUID
    organization_id: UUID
    version: int
    seating_plan_id: UUID
    sales_start_at: datetime
    sales_end_at: datetime
    seats_per_order_max: int


LOCK_EVENTS_FOR_CLAIM = Statement(
    """
    SELECT event_id, status FROM reservation.events
    WHERE event_id = ANY (:event_ids) ORDER BY event_id FOR KEY SHARE
    """
)


async def lock_events_for_claim(tx: Transaction, *, event_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The status of each event, which no cancellation can change before `tx` ends."""
    return await events_for_claim(await ask_to_lock_events_for_claim(tx, event_ids=event_ids))


async def ask_to_lock_events_for_claim(tx: Transaction, *, event_ids: Iterable[UUID]) -> Answer:
    """The same for `at_once`; `events_for_claim` reads the answer."""
    return await LOCK_EVENTS_FOR_CLAIM.run(tx, event_ids=sorted(set(event_ids)))


async def events_for_claim(answer: Answer) -> dict[UUID, str]:
    """What locking them gave."""
    return {row["event_id"]: row["status"] for row in await answer.all()}


LOCK_OWN_EVENT = text(
    """
    SELECT status FROM reservation.events
    WHERE event_id = :event_id AND organization_id = ANY (:organization_ids) FOR KEY SHARE
    """
)


async def is_own_and_on_sale(tx: Transaction, *, event_id: UUID, organization_ids: Iterable[UUID]) -> bool:
    """Whether the event is of one of these organizations and not cancelled, until `tx` ends."""
    values = {"event_id": event_id, "organization_ids": list(organization_ids)}
    return (await tx.execute(LOCK_OWN_EVENT, values)).scalar_one_or_none() == ON_SALE


async def stored_plan(connection: Snapshot, *, seating_plan_id: UUID) -> tuple[str, bytes] | None:
    """The sha256 and compact document of a plan, if stored."""
    found = await connection.execute(
        select(plans.c.sha256, plans.c.document).where(plans.c.seating_plan_id == seating_plan_id)
    )
    row = found.one_or_none()
    return None if row is None else (row.sha256, bytes(row.document))


async def store_plan(tx: Transaction, *, seating_plan_id: UUID, sha256: str, document: bytes) -> None:
    """Keep an immutable plan; a second time changes nothing."""
    values = {"seating_plan_id": seating_plan_id, "sha256": sha256, "document": document}
    await tx.execute(insert(plans).values(values).on_conflict_do_nothing())


async def store_event(tx: Transaction, sale: Sale) -> bool:
    """False when the event is there already, on sale or cancelled: its first row stands."""
    values = {
        "event_id": sale.event_id,
        "organization_id": sale.organization_id,
        "version": sale.version,
        "status": ON_SALE,
        "seating_plan_id": sale.seating_plan_id,
        "sales_start_at": sale.sales_start_at,
        "sales_end_at": sale.sales_end_at,
        "seats_per_order_max": sale.seats_per_order_max,
    }
    return await _insert_event(tx, values)


# Rows in seat order, so that the seats of a row lie on the same few pages.
STORE_SEATS = text(
    """
    INSERT INTO reservation.seats (event_id, seat_id, position, price_category)
    SELECT :event_id, s.seat_id, s.number - 1, (CAST(:categories AS text[]))[s.category + 1]
    FROM unnest(CAST(:seat_ids AS text[]), CAST(:category_of AS int[])) WITH ORDINALITY
      AS s (seat_id, category, number)
    ORDER BY s.number
    """
)
# The hot statement's plan is cached; it must have been made for a table with this many seats.
ANALYZE_SEATS = text("ANALYZE reservation.seats (event_id, seat_id)")


async def store_seats(tx: Transaction, *, event_id: UUID, geometry: Geometry) -> None:
    """One available row a seat and a unit of an area."""
    values = {
        "event_id": event_id,
        "seat_ids": list(geometry.seat_ids),
        "category_of": list(geometry.category_of),
        "categories": list(geometry.price_categories),
    }
    await tx.execute(STORE_SEATS, values)
    await tx.execute(ANALYZE_SEATS)


LOCK_EVENT_FOR_CANCELLATION = text(
    "SELECT status FROM reservation.events WHERE event_id = :event_id FOR UPDATE"
)
CANCEL_EVENT = text(
    """
    UPDATE reservation.events SET status = 'cancelled', cancelled_at = clock_timestamp(), version = :version
    WHERE event_id = :event_id AND status = 'on_sale'
    """
)


async def cancel_event(tx: Transaction, *, event_id: UUID, version: int) -> bool:
    """Close an event for claims, waiting for those under way; False when it was cancelled before.

    An event never seen here becomes a tombstone, so that its publication finds it cancelled.
    """
    tombstone = {
        "event_id": event_id,
        "version": version,
        "status": CANCELLED,
        "cancelled_at": text("clock_timestamp()"),
    }
    if await _insert_event(tx, tombstone):
        return True
    await tx.execute(LOCK_EVENT_FOR_CANCELLATION, {"event_id": event_id})
    return (await tx.execute(CANCEL_EVENT, {"event_id": event_id, "version": version})).rowcount == 1


MARK_CHANGED = Statement(
    "INSERT INTO reservation.availability_marks (event_id) SELECT unnest(CAST(:event_ids AS uuid[]))"
)


async def mark_changed(tx: Transaction, *, event_ids: Sequence[UUID]) -> None:
    """Note that seats of these events changed, so that their counts are published soon."""
    if event_ids:
        await MARK_CHANGED.run(tx, event_ids=sorted(set(event_ids)))


async def _insert_event(tx: Transaction, values: Mapping[str, Any]) -> bool:
    """False when the event has a row already. RETURNING tells: SQLAlchemy has no rowcount for an INSERT."""
    statement = insert(events).values(values).on_conflict_do_nothing().returning(events.c.event_id)
    return (await tx.execute(statement)).first() is not None
