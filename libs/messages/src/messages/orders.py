"""Messages of the orders service: where an order got to. No personal data travels in them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from messages.base import Message


class Money(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    amount_minor: int
    currency: str


class _OrderMessage(Message):
    order_id: UUID
    version: int
    at: datetime

    @property
    def aggregate_id(self) -> UUID:
        return self.order_id

    @property
    def aggregate_version(self) -> int:
        return self.version


class OrderPlaced(_OrderMessage):
    """A buyer placed an order; it awaits payment."""

    message_type: ClassVar[str] = "orders.order_placed.v1"

    total: Money


class OrderConfirmed(_OrderMessage):
    """The buyer owns the tickets."""

    message_type: ClassVar[str] = "orders.order_confirmed.v1"

    total: Money
    tickets: int


class OrderCancelled(_OrderMessage):
    """The order ended; its seats are on sale again."""

    message_type: ClassVar[str] = "orders.order_cancelled.v1"

    reason: str


class OrderExpired(_OrderMessage):
    """The order was not paid in time, or could not be given its seats and owed no money back."""

    message_type: ClassVar[str] = "orders.order_expired.v1"

    reason: str


class OrderRefunded(_OrderMessage):
    """The seats could not be given; the money goes back."""

    message_type: ClassVar[str] = "orders.order_refunded.v1"

    refund: Money
