"""Compares the ledger with payments, refunds and orders. Each check is one statement over the orders
`:after < order_id <= :upto` that gives a row for each difference, with what was expected and found. Each
table is read by that range: joined row by row they are very slow until PostgreSQL has seen how full they are.
"""

from collections.abc import Mapping

from sqlalchemy import TextClause, text

from orders.domain.findings import FindingKind

_CAPTURED_SUM_DIFFERS = """
SELECT payment.order_id, payment_id,
       format('%s %s', coalesce(entered.minor, 0), currency) AS expected,
       format('%s %s', captured_minor, currency) AS found
FROM orders.payments AS payment
LEFT JOIN (
    SELECT payment_id, currency, sum(amount_minor) AS minor FROM orders.ledger_entries
    WHERE order_id > :after AND order_id <= :upto AND kind = 'captured'
    GROUP BY payment_id, currency
) AS entered USING (payment_id, currency)
WHERE payment.order_id > :after AND payment.order_id <= :upto
  AND captured_minor <> coalesce(entered.minor, 0)
"""

_REFUND_SUM_DIFFERS = """
SELECT payment.order_id, payment_id,
       format('%s %s', coalesce(started.minor, 0), currency) AS expected,
       format('%s %s', refund_minor, currency) AS found
FROM orders.payments AS payment
LEFT JOIN (
    SELECT payment_id, currency, sum(amount_minor) AS minor FROM orders.refunds
    WHERE order_id > :after AND order_id <= :upto
    GROUP BY payment_id, currency
) AS started USING (payment_id, currency)
WHERE payment.order_id > :after AND payment.order_id <= :upto
  AND refund_minor <> coalesce(started.minor, 0)
"""

# Money in another currency than the payment's is counted by the ledger only, and goes back whole: its
# refund decides about the state only where there was no other money.
_PAYMENT_STATE_DIFFERS = """
SELECT order_id, payment_id, expected, state AS found
FROM (
    SELECT payment.order_id, payment_id, payment.state,
           CASE WHEN captured IS NULL THEN 'pending or failed'
                WHEN refund_minor < captured_minor THEN 'captured'
                WHEN unsettled IS NULL THEN 'refunded'
                WHEN currency = ANY (unsettled) OR captured_minor = 0 THEN 'refunding'
                ELSE 'refunding or refunded' END AS expected
    FROM orders.payments AS payment
    LEFT JOIN (
        SELECT payment_id, count(*) AS captured FROM orders.ledger_entries
        WHERE order_id > :after AND order_id <= :upto AND kind = 'captured'
        GROUP BY payment_id
    ) AS entered USING (payment_id)
    LEFT JOIN (
        SELECT payment_id, array_agg(currency) AS unsettled FROM orders.refunds
        WHERE order_id > :after AND order_id <= :upto AND state <> 'settled'
        GROUP BY payment_id
    ) AS owed USING (payment_id)
    WHERE payment.order_id > :after AND payment.order_id <= :upto
) AS payment
WHERE state <> ALL (string_to_array(expected, ' or '))
"""

_REFUND_WITHOUT_CAPTURE = """
SELECT refund.order_id, refund.payment_id, refund_id, capture_reference AS reference,
       format('a capture of %s %s or more', refund.amount_minor, refund.currency) AS expected,
       'none' AS found
FROM orders.refunds AS refund
JOIN orders.payments AS payment USING (payment_id)
WHERE refund.order_id > :after AND refund.order_id <= :upto
  AND payment.order_id > :after AND payment.order_id <= :upto
  AND NOT EXISTS (SELECT FROM orders.ledger_entries AS entry
                  WHERE entry.order_id > :after AND entry.order_id <= :upto AND kind = 'captured'
                    AND entry.provider = payment.provider AND entry.payment_id = refund.payment_id
                    AND entry.reference = capture_reference)
"""

_REFUNDS_EXCEED_CAPTURE = """
SELECT entry.order_id, entry.payment_id, entry.reference,
       format('at most %s %s', entry.amount_minor, entry.currency) AS expected,
       format('%s %s', sum(refund.amount_minor), string_agg(DISTINCT refund.currency, ', ')) AS found
FROM orders.ledger_entries AS entry
JOIN orders.refunds AS refund
  ON refund.payment_id = entry.payment_id AND refund.capture_reference = entry.reference
WHERE entry.order_id > :after AND entry.order_id <= :upto AND kind = 'captured'
  AND refund.order_id > :after AND refund.order_id <= :upto
GROUP BY entry.entry_id
HAVING sum(refund.amount_minor) > entry.amount_minor OR bool_or(refund.currency <> entry.currency)
"""

_SETTLED_REFUND_NOT_IN_LEDGER = """
SELECT refund.order_id, refund.payment_id, refund.refund_id,
       format('%s %s', refund.amount_minor, refund.currency) AS expected,
       CASE WHEN entry_id IS NULL THEN 'nothing'
            ELSE format('%s %s', entry.amount_minor, entry.currency) END AS found
FROM orders.refunds AS refund
LEFT JOIN orders.ledger_entries AS entry
  ON entry.order_id > :after AND entry.order_id <= :upto AND entry.order_id = refund.order_id
  AND kind = 'refunded' AND entry.refund_id = refund.refund_id
WHERE refund.order_id > :after AND refund.order_id <= :upto AND state = 'settled'
  AND (entry.amount_minor, entry.currency) IS DISTINCT FROM (refund.amount_minor, refund.currency)
"""

# A refund that failed after it had succeeded is under way again, and keeps its entry: that is no difference
# unless nobody is at it any more.
_LEDGER_REFUND_NOT_SETTLED = """
SELECT entry.order_id, entry.payment_id, refund_id, 'settled' AS expected, state AS found
FROM orders.ledger_entries AS entry
JOIN orders.refunds AS refund USING (refund_id)
WHERE entry.order_id > :after AND entry.order_id <= :upto AND kind = 'refunded'
  AND refund.order_id > :after AND refund.order_id <= :upto
  AND (state = 'failed' OR (state = 'pending' AND failure IS NULL))
"""

# It holds after every transaction, not only when an order has come to rest: captured money is in
# the same transaction given a use (the order is finalizing) or a refund, and so is what a ticket was worth.
_MONEY_KEPT_DIFFERS = """
SELECT order_id, format('%s %s', sum(due), currency) AS expected,
       format('%s %s', sum(kept), currency) AS found
FROM (
    SELECT order_id, currency,
           CASE kind WHEN 'captured' THEN amount_minor ELSE 0 END AS kept,
           CASE kind WHEN 'fee' THEN amount_minor ELSE 0 END AS due
    FROM orders.ledger_entries
    WHERE order_id > :after AND order_id <= :upto AND kind IN ('captured', 'fee')
    UNION ALL
    SELECT order_id, currency, -amount_minor, 0
    FROM orders.refunds
    WHERE order_id > :after AND order_id <= :upto
    UNION ALL
    SELECT placed.order_id, placed.currency, 0, price_minor
    FROM orders.orders AS placed
    JOIN orders.tickets AS ticket ON ticket.order_id = placed.order_id AND ticket.state = 'valid'
    JOIN orders.order_lines USING (line_id)
    WHERE placed.order_id > :after AND placed.order_id <= :upto
      AND ticket.order_id > :after AND ticket.order_id <= :upto
    UNION ALL
    SELECT order_id, currency, 0, total_minor
    FROM orders.orders
    WHERE order_id > :after AND order_id <= :upto AND state = 'finalizing'
) AS money
GROUP BY order_id, currency
HAVING sum(kept) <> sum(due)
"""

_ORDER_TOTAL_DIFFERS = """
SELECT placed.order_id, format('%s %s', coalesce(lines.minor, 0), currency) AS expected,
       format('%s %s', total_minor, currency) AS found
FROM orders.orders AS placed
LEFT JOIN (
    SELECT order_id, sum(price_minor) AS minor FROM orders.order_lines
    WHERE order_id > :after AND order_id <= :upto
    GROUP BY order_id
) AS lines USING (order_id)
WHERE placed.order_id > :after AND placed.order_id <= :upto AND total_minor <> coalesce(lines.minor, 0)
"""

CHECKS: Mapping[FindingKind, TextClause] = {
    FindingKind.CAPTURED_SUM_DIFFERS: text(_CAPTURED_SUM_DIFFERS),
    FindingKind.REFUND_SUM_DIFFERS: text(_REFUND_SUM_DIFFERS),
    FindingKind.PAYMENT_STATE_DIFFERS: text(_PAYMENT_STATE_DIFFERS),
    FindingKind.REFUND_WITHOUT_CAPTURE: text(_REFUND_WITHOUT_CAPTURE),
    FindingKind.REFUNDS_EXCEED_CAPTURE: text(_REFUNDS_EXCEED_CAPTURE),
    FindingKind.SETTLED_REFUND_NOT_IN_LEDGER: text(_SETTLED_REFUND_NOT_IN_LEDGER),
    FindingKind.LEDGER_REFUND_NOT_SETTLED: text(_LEDGER_REFUND_NOT_SETTLED),
    FindingKind.MONEY_KEPT_DIFFERS: text(_MONEY_KEPT_DIFFERS),
    FindingKind.ORDER_TOTAL_DIFFERS: text(_ORDER_TOTAL_DIFFERS),
}
