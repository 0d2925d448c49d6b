"""What others are told of an order when it comes into a state that its buyer waits for.

By name only: whoever writes the mail asks for the facts of that moment.
"""

from messages.base import Message
from messages.orders import OrderCancelled, OrderConfirmed, OrderExpired, OrderRefunded
from orders.domain.order import Order
from orders.domain.states import OrderState


def news_of(order: Order) -> list[Message]:
    """The message about the state the order has just come into, if there is one."""
    order_id, version = order.order_id, order.version
    match order.state:
        case OrderState.CONFIRMED:
            return [OrderConfirmed(order_id=order_id, version=version)]
        case OrderState.CANCELLED:
            return [OrderCancelled(order_id=order_id, version=version)]
        case OrderState.EXPIRED:
            return [OrderExpired(order_id=order_id, version=version)]
        case OrderState.REFUNDED:
            return [OrderRefunded(order_id=order_id, version=version)]
        case _:
            return []
