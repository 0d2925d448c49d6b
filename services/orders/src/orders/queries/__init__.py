"""What is read, and never changed: one file for whoever reads it."""

from orders.queries.orders import (
    check_own_order,
    find_order,
    find_own_order,
    order_state,
    orders_of_buyer,
    tickets_of_order,
)
from orders.queries.refunds import owed_refunds, refunds_in_state, refunds_of_event

__all__ = [
    "check_own_order",
    "find_order",
    "find_own_order",
    "order_state",
    "orders_of_buyer",
    "owed_refunds",
    "refunds_in_state",
    "refunds_of_event",
    "tickets_of_order",
]
