"""What orders knows of one person, and who read what it knows of attendees."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import RowMapping

from chassis.database import Snapshot
from orders.queries.orders import orders_of_buyer
from orders.storage.personal_data import PersonalData

_ORDERS_AT_ONCE = 100

_TICKETS_OF_BUYER = text("""
SELECT ticket.order_id, ticket_id, ticket_code, ticket.state, event_id, seat_id, issued_at, voided_at
FROM orders.tickets AS ticket
JOIN orders.orders AS placed ON placed.order_id = ticket.order_id
WHERE placed.buyer_id = :buyer_id
ORDER BY ticket_id
""")

_ACCESS_RECORDS = text("""
SELECT at, actor, organization_id, rows FROM orders.access_records
WHERE event_id = :event_id
ORDER BY at DESC
LIMIT :limit
""")


async def all_orders_of_buyer(
    conn: Snapshot, *, buyer_id: str, personal: PersonalData
) -> list[dict[str, Any]]:
    """Every order of an account, the newest first, as its buyer sees it; read a page at a time."""
    found, before = list[dict[str, Any]](), None
    while page := await orders_of_buyer(
        conn, buyer_id=buyer_id, before=before, limit=_ORDERS_AT_ONCE, personal=personal
    ):
        found += page
        before = page[-1]["order_id"]
    return found


async def all_tickets_of_buyer(conn: Snapshot, *, buyer_id: str) -> list[RowMapping]:
    """Every ticket of an account, valid and voided, the oldest first."""
    return list((await conn.execute(_TICKETS_OF_BUYER, {"buyer_id": buyer_id})).mappings())


async def access_records(conn: Snapshot, *, event_id: UUID, limit: int) -> list[RowMapping]:
    """Who read the event's attendees in full, the latest first."""
    return list((await conn.execute(_ACCESS_RECORDS, {"event_id": event_id, "limit": limit})).mappings())
