"""Compares tickets with their orders, and finds what has not moved for too long. The checks are as
those of `money`; the times before which something should have moved are `:stuck_before` and
`:refund_stuck_before`.
"""

from collections.abc import Mapping

from sqlalchemy import TextClause, text

from orders.domain.findings import FindingKind

_TICKETS_MISSING = """
SELECT placed.order_id, format('%s tickets, of them 1 valid or more', coalesce(lines, 0)) AS expected,
       format('%s tickets, of them %s valid', coalesce(issued, 0), coalesce(valid, 0)) AS found
FROM orders.orders AS placed
LEFT JOIN (
    SELECT order_id, count(*) AS lines FROM orders.order_lines
    WHERE order_id > :after AND order_id <= :upto
    GROUP BY order_id
) AS ordered USING (order_id)
LEFT JOIN (
    SELECT order_id, count(*) AS issued, count(*) FILTER (WHERE state = 'valid') AS valid FROM orders.tickets
    WHERE order_id > :after AND order_id <= :upto
    GROUP BY order_id
) AS given USING (order_id)
WHERE placed.order_id > :after AND placed.order_id <= :upto AND placed.state = 'confirmed'
  AND (coalesce(issued, 0) <> coalesce(lines, 0) OR coalesce(valid, 0) = 0)
"""

_TICKET_OF_UNCONFIRMED_ORDER = """
SELECT order_id, event_id, seat_id, 'confirmed' AS expected, placed.state AS found
FROM orders.orders AS placed
JOIN orders.tickets AS ticket USING (order_id)
WHERE placed.order_id > :after AND placed.order_id <= :upto AND placed.state <> 'confirmed'
  AND ticket.order_id > :after AND ticket.order_id <= :upto AND ticket.state = 'valid'
"""

_TICKET_SEAT_DIFFERS = """
SELECT ticket.order_id, ticket.event_id, ticket.seat_id,
       format('seat %s of event %s', line.seat_id, line.event_id) AS expected,
       format('seat %s of event %s', ticket.seat_id, ticket.event_id) AS found
FROM orders.tickets AS ticket
JOIN orders.order_lines AS line USING (line_id)
WHERE ticket.order_id > :after AND ticket.order_id <= :upto AND state = 'valid'
  AND (ticket.order_id, ticket.event_id, ticket.seat_id) <> (line.order_id, line.event_id, line.seat_id)
"""

_PAYMENT_PENDING_TOO_LONG = """
SELECT order_id, payment_id, reference, 'captured or failed' AS expected,
       format('pending, asked %s times', looks) AS found
FROM orders.payments
WHERE order_id > :after AND order_id <= :upto AND state = 'pending'
  AND coalesce(expires_at, created_at) < :stuck_before
"""

_REFUND_OWED_TOO_LONG = """
SELECT order_id, payment_id, refund_id, provider_reference AS reference, 'settled' AS expected,
       format('%s, %s attempts', state, attempts) AS found
FROM orders.refunds
WHERE order_id > :after AND order_id <= :upto AND state IN ('pending', 'submitted')
  AND created_at < :refund_stuck_before
"""

_REFUND_GIVEN_UP = """
SELECT order_id, payment_id, refund_id, provider_reference AS reference, 'settled' AS expected,
       format('failed, %s attempts', attempts) AS found
FROM orders.refunds
WHERE order_id > :after AND order_id <= :upto AND state = 'failed'
"""

_ORDER_UNDER_WAY_TOO_LONG = """
SELECT order_id, CASE state WHEN 'finalizing' THEN 'confirmed or refunded' ELSE 'cancelled' END AS expected,
       format('%s, asked again %s times', state, command_resends) AS found
FROM orders.orders
WHERE order_id > :after AND order_id <= :upto AND state IN ('finalizing', 'cancelling')
  AND changed_at < :stuck_before
"""

# An order that gave all its tickets of the event back keeps those of others: it is to stay.
_ORDER_OF_CANCELLED_EVENT = """
SELECT DISTINCT order_id, event_id, 'cancelled' AS expected, placed.state AS found
FROM orders.orders AS placed
JOIN orders.order_holds USING (order_id)
JOIN orders.offers AS offer USING (event_id)
WHERE placed.order_id > :after AND placed.order_id <= :upto
  AND order_holds.order_id > :after AND order_holds.order_id <= :upto
  AND offer.state = 'cancelled' AND offer.cancelled_at < :stuck_before
  AND (placed.state = 'awaiting_payment'
       OR placed.state = 'confirmed' AND EXISTS (
            SELECT FROM orders.tickets AS ticket
            WHERE ticket.order_id > :after AND ticket.order_id <= :upto AND ticket.state = 'valid'
              AND ticket.order_id = placed.order_id AND ticket.event_id = offer.event_id))
"""

CHECKS: Mapping[FindingKind, TextClause] = {
    FindingKind.TICKETS_MISSING: text(_TICKETS_MISSING),
    FindingKind.TICKET_OF_UNCONFIRMED_ORDER: text(_TICKET_OF_UNCONFIRMED_ORDER),
    FindingKind.TICKET_SEAT_DIFFERS: text(_TICKET_SEAT_DIFFERS),
    FindingKind.PAYMENT_PENDING_TOO_LONG: text(_PAYMENT_PENDING_TOO_LONG),
    FindingKind.REFUND_OWED_TOO_LONG: text(_REFUND_OWED_TOO_LONG),
    FindingKind.REFUND_GIVEN_UP: text(_REFUND_GIVEN_UP),
    FindingKind.ORDER_UNDER_WAY_TOO_LONG: text(_ORDER_UNDER_WAY_TOO_LONG),
    FindingKind.ORDER_OF_CANCELLED_EVENT: text(_ORDER_OF_CANCELLED_EVENT),
}
