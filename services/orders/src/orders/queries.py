"""What buyers and operators read. Each function is one statement, whatever the page holds."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import RowMapping

from chassis.database import Snapshot
from orders.domain.order import OrderNotFound
from orders.domain.rights import OrderRight
from orders.domain.states import OrderState
from orders.storage.orders import owner_of

# An order with all its parts: the parts are aggregated beside their order, so that a page of
# orders is one statement and one row an order.
_ORDERS = """
SELECT placed.order_id, placed.buyer_id, placed.access_token_sha256, placed.state, placed.version,
       placed.placed_at, placed.holds_expire_at,
       jsonb_build_object('amount_minor', placed.total_minor, 'currency', placed.currency) AS total,
       (SELECT jsonb_build_object('email', email, 'name', name, 'phone', phone)
        FROM orders.contacts WHERE contacts.order_id = placed.order_id) AS contact,
       (SELECT jsonb_agg(jsonb_build_object(
                   'event_id', line.event_id,
                   'event_title', offers.title,
                   'seat_id', line.seat_id,
                   'price_category', line.price_category,
                   'ticket_type', line.ticket_type,
                   'price', jsonb_build_object('amount_minor', line.price_minor, 'currency', placed.currency),
                   'attendee', jsonb_build_object('first_name', first_name, 'last_name', last_name)
               ) ORDER BY line.position)
        FROM orders.order_lines AS line
        JOIN orders.attendees USING (line_id)
        JOIN orders.offers USING (event_id)
        WHERE line.order_id = placed.order_id) AS lines,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'payment_id', payment.payment_id,
                   'provider', payment.provider,
                   'state', payment.state,
                   'amount', jsonb_build_object('amount_minor', payment.amount_minor,
                                                'currency', payment.currency),
                   'created_at', payment.created_at,
                   'refund', CASE WHEN refund_id IS NOT NULL THEN jsonb_build_object(
                       'refund_id', refund_id, 'state', refunds.state, 'reason', reason,
                       'created_at', refunds.created_at, 'settled_at', settled_at) END
               ) ORDER BY payment.payment_id), '[]')
        FROM orders.payments AS payment
        LEFT JOIN orders.refunds USING (payment_id)
        WHERE payment.order_id = placed.order_id) AS payments,
       (SELECT jsonb_agg(jsonb_build_object('state', state, 'at', at, 'reason', reason, 'actor', actor)
                         ORDER BY version)
        FROM orders.order_history AS history
        WHERE history.order_id = placed.order_id) AS timeline
FROM orders.orders AS placed
"""

_ONE_ORDER = text(f"{_ORDERS} WHERE placed.order_id = :order_id")

# UUIDv7 ids sort by time, so the newest come first and the id alone is the cursor.
_ORDERS_OF_BUYER = text(f"""
{_ORDERS}
WHERE placed.buyer_id = :buyer_id
  AND (CAST(:before AS uuid) IS NULL OR placed.order_id < :before)
ORDER BY placed.order_id DESC
LIMIT :limit
""")

_TICKETS = text("""
SELECT ticket_id, ticket_code, ticket.state, ticket.event_id, title AS event_title, starts_at,
       ticket.seat_id, price_category, ticket_type, issued_at, voided_at,
       jsonb_build_object('first_name', first_name, 'last_name', last_name) AS attendee
FROM orders.tickets AS ticket
JOIN orders.order_lines USING (line_id)
JOIN orders.attendees USING (line_id)
JOIN orders.offers ON offers.event_id = ticket.event_id
WHERE ticket.order_id = :order_id
ORDER BY position
""")

_STATE = text("SELECT state FROM orders.orders WHERE order_id = :order_id")

_REFUNDS = text("""
SELECT refund_id, order_id, refund.amount_minor, refund.currency, refund.reason, refund.state,
       refund.created_at, refund.settled_at, provider, reference
FROM orders.refunds AS refund
JOIN orders.payments USING (payment_id, order_id)
WHERE refund.state = :state
ORDER BY refund_id
LIMIT :limit
""")


async def find_order(conn: Snapshot, order_id: UUID) -> RowMapping | None:
    """One order with contact, lines, payments and timeline."""
    return (await conn.execute(_ONE_ORDER, {"order_id": order_id})).mappings().one_or_none()


async def find_own_order(conn: Snapshot, *, order_id: UUID, right: OrderRight) -> RowMapping:
    """The same, if `right` may read it. Raises OrderNotFound."""
    order = await find_order(conn, order_id)
    if order is None or not right.may_read(owner_of(order)):
        raise OrderNotFound
    return order


async def orders_of_buyer(
    conn: Snapshot, *, buyer_id: str, before: UUID | None, limit: int
) -> list[RowMapping]:
    """At most `limit` orders of a buyer, the newest first, all placed before order `before`."""
    parameters: dict[str, Any] = {"buyer_id": buyer_id, "before": before, "limit": limit}
    return list((await conn.execute(_ORDERS_OF_BUYER, parameters)).mappings())


async def tickets_of_order(conn: Snapshot, order_id: UUID) -> list[RowMapping]:
    """The tickets of an order, valid and voided, in the order of its lines."""
    return list((await conn.execute(_TICKETS, {"order_id": order_id})).mappings())


async def order_state(conn: Snapshot, order_id: UUID) -> OrderState:
    """Where an order, which must exist, has got to."""
    return OrderState((await conn.execute(_STATE, {"order_id": order_id})).scalar_one())


async def refunds_in_state(conn: Snapshot, *, state: str, limit: int) -> list[RowMapping]:
    """The oldest refunds in a state, with the payment they pay back."""
    return list((await conn.execute(_REFUNDS, {"state": state, "limit": limit})).mappings())
