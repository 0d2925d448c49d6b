"""What is read, and never changed: one file for whoever reads it."""

from orders.queries.orders import (
    check_own_order,
    find_order,
    find_own_order,
    order_state,
    orders_of_buyer,
    refunds_in_state,
    tickets_of_order,
)

__all__ = [
    "check_own_order",
    "find_order",
    "find_own_order",
    "order_state",
    "orders_of_buyer",
    "refunds_in_state",
    "tickets_of_order",
]
