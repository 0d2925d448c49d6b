"""What an order that lost seats looks at to be given others: all of it in its own transaction."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from reservation.storage.availability import STATUS_OF_SEATS

# Evaluated in the order of the array, the same for all, so that orders with several events in common
# cannot deadlock. Placing only tries its advisory locks: a collision of keys delays it and no more.
TAKE_TURNS = text(
    """
    SELECT count(pg_advisory_xact_lock(hashtextextended('equivalent seats of ' || event_id, 0)))
    FROM unnest(CAST(:event_ids AS uuid[])) AS event_id
    """
)
# In its sales period only: nobody sells seats for the first time after it, not even instead of others.
READ_STATUS_ON_SALE = text(
    f"""
    SELECT {STATUS_OF_SEATS} FROM reservation.events e
    WHERE e.event_id = :event_id AND e.status = 'on_sale'
      AND e.sales_start_at <= statement_timestamp() AND statement_timestamp() < e.sales_end_at
    """  # noqa: S608 -- our own text
)
PLANS_OF_EVENTS = text(
    """
    SELECT event_id, seating_plan_id FROM reservation.events
    WHERE event_id = ANY (:event_ids) AND seating_plan_id IS NOT NULL
    """
)
PLACES_AND_SALES = text(
    """
    SELECT event_id, seat_id, position, price_category, CASE WHEN order_id = :order_id THEN hold_id END
    FROM reservation.seats
    WHERE event_id = ANY (:event_ids) AND (order_id = :order_id OR seat_id = ANY (:seat_ids))
    """
)


@dataclass(frozen=True, slots=True)
class PlacedSeat:
    """Where a seat is, and the hold it was sold for to the order that is asked about."""

    event_id: UUID
    seat_id: str
    position: int
    price_category: str
    sold_for_hold_id: UUID | None


async def take_turns(tx: Transaction, *, event_ids: Iterable[UUID]) -> None:
    """Until `tx` ends no other order is given other seats of these events.

    Only without the lock of any seat: who has its turn may wait for seats.
    """
    await tx.execute(TAKE_TURNS, {"event_ids": sorted(event_ids)})


async def plans_of_events(tx: Transaction, *, event_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The seating plan of each event that was ever published."""
    rows = await tx.execute(PLANS_OF_EVENTS, {"event_ids": list(event_ids)})
    return {row.event_id: row.seating_plan_id for row in rows}


async def read_status_on_sale(tx: Transaction, *, event_id: UUID) -> bytes | None:
    """Every seat's status as it is committed by now; None when the event's sale is not on."""
    row = (await tx.execute(READ_STATUS_ON_SALE, {"event_id": event_id})).one_or_none()
    return None if row is None else (row[0] or "").encode("ascii")


async def places_and_sales(
    tx: Transaction, *, order_id: UUID, event_ids: Collection[UUID], seat_ids: Collection[str]
) -> list[PlacedSeat]:
    """The seats called so, and those sold to the order; reads every seat of each event."""
    values = {"order_id": order_id, "event_ids": list(event_ids), "seat_ids": list(seat_ids)}
    return [PlacedSeat(*row) for row in await tx.execute(PLACES_AND_SALES, values)]
