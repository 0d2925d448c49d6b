"""What a mail about orders needs, as it is at the moment of writing. Each function is one statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import RowMapping

from chassis.database import Snapshot
from orders.domain.states import STAYS, Reason
from orders.storage.lookups import EMAIL_PLACE
from orders.storage.personal_data import PersonalData

ORDERS_PER_LOOKUP_MAX = 50

_ORDER_TO_TELL = text("""
SELECT placed.order_id, placed.state, contacts.sealed AS contact,
       (SELECT reason FROM orders.order_history AS history
        WHERE history.order_id = placed.order_id AND history.reason <> ALL (:stays)
        ORDER BY version DESC LIMIT 1) AS reason,
       placed.access_generation, placed.access_token_sha256 IS NOT NULL AS is_guests,
       jsonb_build_object('amount_minor', placed.total_minor, 'currency', placed.currency) AS total,
       (SELECT jsonb_agg(jsonb_build_object(
                   'line_id', line.line_id,
                   'event_title', offers.title,
                   'starts_at', offers.starts_at,
                   'seat_id', line.seat_id,
                   'ordered_seat_id', line.ordered_seat_id,
                   'price_category', line.price_category,
                   'ticket_type', line.ticket_type,
                   'price', jsonb_build_object('amount_minor', line.price_minor, 'currency', placed.currency)
               ) ORDER BY line.position)
        FROM orders.order_lines AS line
        JOIN orders.offers USING (event_id)
        WHERE line.order_id = placed.order_id) AS lines
FROM orders.orders AS placed
JOIN orders.contacts USING (order_id)
WHERE placed.order_id = :order_id
""")

# What was cancelled together became void at the time of its one entry in the history.
_CANCELLED_TICKETS = text("""
WITH cancelled AS (
    SELECT tickets.line_id, 'ticket:' || tickets.ticket_id AS cause
    FROM orders.order_history AS history
    JOIN orders.tickets ON tickets.order_id = history.order_id AND tickets.voided_at = history.at
    WHERE history.order_id = :order_id AND history.version = :version AND history.reason = :reason
)
SELECT (SELECT array_agg(line_id::text) FROM cancelled) AS line_ids,
       (SELECT coalesce(sum(amount_minor), 0)::bigint FROM orders.refunds
        WHERE order_id = :order_id AND cause IN (SELECT cause FROM cancelled)) AS refund_minor,
       (SELECT coalesce(sum(amount_minor), 0)::bigint FROM orders.ledger_entries
        WHERE order_id = :order_id AND kind = 'fee'
          AND reference IN (SELECT order_id || ':' || cause FROM cancelled)) AS fee_minor,
       (SELECT count(*) FROM orders.tickets
        WHERE order_id = :order_id AND state = 'valid') AS tickets_left
""")

_LOOKUP = text("""
SELECT sealed, email_fingerprint FROM orders.order_lookups
WHERE lookup_id = :lookup_id AND expires_at > :now
""")

_GUEST_ORDERS = text("""
SELECT placed.order_id, placed.placed_at, placed.access_generation,
       (SELECT array_agg(DISTINCT offers.title ORDER BY offers.title)
        FROM orders.order_holds
        JOIN orders.offers USING (event_id)
        WHERE order_holds.order_id = placed.order_id) AS event_titles
FROM orders.contacts
JOIN orders.orders AS placed USING (order_id)
WHERE contacts.email_fingerprint = :email_fingerprint AND placed.access_token_sha256 IS NOT NULL
ORDER BY placed.order_id DESC
LIMIT :limit
""")


async def find_order_to_tell(
    conn: Snapshot, order_id: UUID, *, personal: PersonalData
) -> dict[str, Any] | None:
    """An order with its contact, lines, why it is in its state and whether it is a guest's; None when nobody
    is left to tell.
    """
    parameters = {"order_id": order_id, "stays": list(STAYS)}
    row = (await conn.execute(_ORDER_TO_TELL, parameters)).mappings().one_or_none()
    if row is None:
        return None
    return {**row, "contact": await personal.contact(row["contact"], order_id=order_id)}


async def find_cancelled_tickets(
    conn: Snapshot, order: Mapping[str, Any], *, version: int
) -> dict[str, Any] | None:
    """What was given back when the order found came to this version: the lines of those tickets, what goes
    back and what is kept of their prices, and how many tickets are left; None when nothing was.
    """
    parameters = {"order_id": order["order_id"], "version": version, "reason": Reason.TICKETS_CANCELLED}
    row = (await conn.execute(_CANCELLED_TICKETS, parameters)).mappings().one()
    if row["line_ids"] is None:
        return None
    currency = order["total"]["currency"]
    return {
        "lines": [line for line in order["lines"] if line["line_id"] in row["line_ids"]],
        "refund": {"amount_minor": row["refund_minor"], "currency": currency},
        "fee": {"amount_minor": row["fee_minor"], "currency": currency},
        "tickets_left": row["tickets_left"],
    }


async def find_lookup(
    conn: Snapshot, lookup_id: UUID, *, personal: PersonalData, now: datetime
) -> dict[str, Any] | None:
    """The `email` and `email_fingerprint` of a request for links; None when it is over."""
    row = (await conn.execute(_LOOKUP, {"lookup_id": lookup_id, "now": now})).mappings().one_or_none()
    if row is None:
        return None
    unsealed = await personal.sealer.unseal_json(row["sealed"], place=EMAIL_PLACE, row=str(lookup_id))
    return {**unsealed, "email_fingerprint": row["email_fingerprint"]}


async def guest_orders_of_email(conn: Snapshot, *, email_fingerprint: str) -> list[RowMapping]:
    """The newest orders of guests with this e-mail, at most ORDERS_PER_LOOKUP_MAX."""
    parameters = {"email_fingerprint": email_fingerprint, "limit": ORDERS_PER_LOOKUP_MAX}
    return list((await conn.execute(_GUEST_ORDERS, parameters)).mappings())
