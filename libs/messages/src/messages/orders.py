"""Messages of the orders service: what became of an order, and which links somebody asked for.

They name orders, never buyers: whoever writes the mail asks orders for the address and the facts.
"""

from typing import ClassVar
from uuid import UUID

from messages.base import Message


class _OrderMessage(Message):
    order_id: UUID
    version: int

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id

    @property
    def aggregate_version(self) -> int:
        return self.version


class OrderConfirmed(_OrderMessage):
    """An order's seats are sold to it and its tickets issued."""

    message_type: ClassVar[str] = "orders.order_confirmed.v1"


class OrderCancelled(_OrderMessage):
    """An order is over because it was called off, by its buyer or with its event."""

    message_type: ClassVar[str] = "orders.order_cancelled.v1"


class OrderExpired(_OrderMessage):
    """An order's holds lapsed before it was paid."""

    message_type: ClassVar[str] = "orders.order_expired.v1"


class OrderRefunded(_OrderMessage):
    """An order is over: it was paid, its seats could not be given, and the money goes back."""

    message_type: ClassVar[str] = "orders.order_refunded.v1"


class OrderTicketsCancelled(_OrderMessage):
    """A buyer gave some of an order's tickets back and keeps the others; all of them is OrderCancelled."""

    message_type: ClassVar[str] = "orders.order_tickets_cancelled.v1"

    ticket_ids: tuple[UUID, ...]


class GuestOrdersFound(Message):
    """Orders made as a guest bear the e-mail that an account has just verified; `orders` counts them."""

    message_type: ClassVar[str] = "orders.guest_orders_found.v1"

    account_id: UUID
    orders: int

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


class OrderLinksRequested(Message):
    """Somebody asked for the links to a guest's orders; whether there are any, the mail's facts tell."""

    message_type: ClassVar[str] = "orders.order_links_requested.v1"

    lookup_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.lookup_id
