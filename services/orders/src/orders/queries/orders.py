"""What buyers and operators read. Each function is one statement, whatever the page holds; what is
personal comes sealed and is unsealed here, with a PESEL masked.
"""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import RowMapping

from chassis.database import Snapshot
from orders.domain.order import OrderNotFound
from orders.domain.pesel import masked_pesel
from orders.domain.rights import OrderRight
from orders.domain.states import OrderState
from orders.queries.payments import PAYMENT_JSON
from orders.queries.readable import READABLE
from orders.storage.personal_data import PersonalData

# An order with all its parts: the parts are aggregated beside their order, so that a page of
# orders is one statement and one row an order.
_ORDERS = f"""
SELECT placed.order_id, placed.buyer_id, placed.access_token_sha256, placed.access_generation,
       placed.state, placed.version,
       placed.placed_at, placed.holds_expire_at, placed.equivalent_seats_allowed,
       jsonb_build_object('amount_minor', placed.total_minor, 'currency', placed.currency) AS total,
       (SELECT sealed FROM orders.contacts WHERE contacts.order_id = placed.order_id) AS contact,
       (SELECT jsonb_agg(jsonb_build_object(
                   'line_id', line.line_id,
                   'event_id', line.event_id,
                   'event_title', offers.title,
                   'seat_id', line.seat_id,
                   'ordered_seat_id', line.ordered_seat_id,
                   'price_category', line.price_category,
                   'ticket_type', line.ticket_type,
                   'price', jsonb_build_object('amount_minor', line.price_minor, 'currency', placed.currency),
                   'attendee', encode(attendees.sealed, 'hex')
               ) ORDER BY line.position)
        FROM orders.order_lines AS line
        JOIN orders.attendees USING (line_id)
        JOIN orders.offers ON offers.event_id = line.event_id
        WHERE line.order_id = placed.order_id) AS lines,
       (SELECT coalesce(jsonb_agg({PAYMENT_JSON} ORDER BY payment.payment_id), '[]')
        FROM orders.payments AS payment
        WHERE payment.order_id = placed.order_id) AS payments,
       (SELECT jsonb_agg(jsonb_build_object('state', state, 'at', at, 'reason', reason, 'actor', actor)
                         ORDER BY version)
        FROM orders.order_history AS history
        WHERE history.order_id = placed.order_id) AS timeline
FROM orders.orders AS placed
"""  # noqa: S608 -- our own text

_ONE_ORDER = text(f"{_ORDERS} WHERE placed.order_id = :order_id")

_READABLE_ORDER = text(f"{_ORDERS} WHERE {READABLE}")
_IS_READABLE = text(f"SELECT 1 FROM orders.orders AS placed WHERE {READABLE}")  # noqa: S608 -- our own text

# UUIDv7 ids sort by time, so the newest come first and the id alone is the cursor.
_ORDERS_OF_BUYER = text(f"""
{_ORDERS}
WHERE placed.buyer_id = :buyer_id
  AND (CAST(:before AS uuid) IS NULL OR placed.order_id < :before)
ORDER BY placed.order_id DESC
LIMIT :limit
""")

_TICKETS = text("""
SELECT ticket_id, ticket_code, line_id, ticket.state, ticket.event_id, title AS event_title, starts_at,
       ticket.seat_id, price_category, ticket_type, issued_at, voided_at, attendees.sealed AS attendee
FROM orders.tickets AS ticket
JOIN orders.order_lines USING (line_id)
JOIN orders.attendees USING (line_id)
JOIN orders.offers ON offers.event_id = ticket.event_id
WHERE ticket.order_id = :order_id
ORDER BY position
""")

_STATE = text("SELECT state FROM orders.orders WHERE order_id = :order_id")


async def find_order(conn: Snapshot, order_id: UUID, *, personal: PersonalData) -> dict[str, Any] | None:
    """One order with contact, lines, payments and timeline."""
    row = (await conn.execute(_ONE_ORDER, {"order_id": order_id})).mappings().one_or_none()
    return None if row is None else await _unsealed_order(row, personal)


async def find_own_order(
    conn: Snapshot, *, order_id: UUID, right: OrderRight, personal: PersonalData
) -> dict[str, Any]:
    """The same, if `right` may read it. Raises OrderNotFound."""
    parameters = {"order_id": order_id, **asdict(right)}
    row = (await conn.execute(_READABLE_ORDER, parameters)).mappings().one_or_none()
    if row is None:
        raise OrderNotFound
    return await _unsealed_order(row, personal)


async def check_own_order(conn: Snapshot, *, order_id: UUID, right: OrderRight) -> None:
    """Raise OrderNotFound unless there is the order and `right` may read it."""
    if (await conn.execute(_IS_READABLE, {"order_id": order_id, **asdict(right)})).first() is None:
        raise OrderNotFound


async def orders_of_buyer(
    conn: Snapshot, *, buyer_id: str, before: UUID | None, limit: int, personal: PersonalData
) -> list[dict[str, Any]]:
    """At most `limit` orders of a buyer, the newest first, all placed before order `before`."""
    parameters: dict[str, Any] = {"buyer_id": buyer_id, "before": before, "limit": limit}
    rows = (await conn.execute(_ORDERS_OF_BUYER, parameters)).mappings().all()
    return [await _unsealed_order(row, personal) for row in rows]


async def tickets_of_order(conn: Snapshot, order_id: UUID, *, personal: PersonalData) -> list[dict[str, Any]]:
    """The tickets of an order, valid and voided, in the order of its lines."""
    rows = (await conn.execute(_TICKETS, {"order_id": order_id})).mappings().all()
    return [
        {**row, "attendee": await _masked_attendee(row["attendee"], row["line_id"], personal)} for row in rows
    ]


async def order_state(conn: Snapshot, order_id: UUID) -> OrderState:
    """Where an order, which must exist, has got to."""
    return OrderState((await conn.execute(_STATE, {"order_id": order_id})).scalar_one())


async def _unsealed_order(row: RowMapping, personal: PersonalData) -> dict[str, Any]:
    contact = await personal.contact(row["contact"], order_id=row["order_id"])
    return {
        **row,
        "contact": contact,
        "lines": [await _unsealed_line(line, personal) for line in row["lines"]],
    }


async def _unsealed_line(line: dict[str, Any], personal: PersonalData) -> dict[str, Any]:
    sealed = line["attendee"] and bytes.fromhex(line["attendee"])
    return {**line, "attendee": await _masked_attendee(sealed, UUID(line["line_id"]), personal)}


async def _masked_attendee(
    sealed: bytes | None, line_id: UUID, personal: PersonalData
) -> dict[str, Any] | None:
    """Who sits there, as their buyer sees it; None once they were shredded."""
    person = await personal.attendee(sealed, line_id=line_id)
    return person and {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "pesel": person.pesel and masked_pesel(person.pesel),
    }
