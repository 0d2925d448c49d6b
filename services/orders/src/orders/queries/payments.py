"""Payments as their buyers read them."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Snapshot

# One payment with its refunds, of a row of orders.payments named `payment`.
PAYMENT_JSON = """
jsonb_build_object(
    'payment_id', payment.payment_id,
    'provider', payment.provider,
    'state', payment.state,
    'amount', jsonb_build_object('amount_minor', payment.amount_minor, 'currency', payment.currency),
    'page_url', CASE WHEN payment.state = 'pending' THEN payment.page_url END,
    'expires_at', payment.expires_at,
    'failure', payment.failure,
    'discrepancy', payment.discrepancy,
    'created_at', payment.created_at,
    'refunds', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'refund_id', refund_id,
                           'state', refunds.state,
                           'amount', jsonb_build_object('amount_minor', refunds.amount_minor,
                                                        'currency', refunds.currency),
                           'reason', reason,
                           'created_at', refunds.created_at,
                           'settled_at', settled_at
                       ) ORDER BY refund_id), '[]')
                FROM orders.refunds WHERE refunds.payment_id = payment.payment_id))
"""

_PAYMENT = text(f"""
SELECT {PAYMENT_JSON} AS payment FROM orders.payments AS payment
WHERE payment.payment_id = :payment_id AND payment.order_id = :order_id
""")  # noqa: S608 -- our own text


class PaymentNotFound(Exception):
    """The order has no such payment."""

    def __init__(self) -> None:
        super().__init__("the order has no such payment")


async def find_payment_of_order(conn: Snapshot, *, order_id: UUID, payment_id: UUID) -> dict[str, Any]:
    """One payment of an order with its refunds. Raises PaymentNotFound."""
    parameters = {"order_id": order_id, "payment_id": payment_id}
    found = (await conn.execute(_PAYMENT, parameters)).scalar_one_or_none()
    if found is None:
        raise PaymentNotFound
    return found
