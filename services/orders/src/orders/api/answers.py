"""What the API gives: orders with their timeline, payments and tickets."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.paging import Page
from orders.api.examples import ORDER, PAGE_OF_ORDERS, TICKETS
from orders.domain.states import Actor, OrderState, PaymentState, RefundState, TicketState


class _Out(BaseModel):
    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row of `orders.queries`."""
        return cls.model_validate(dict(row))


class MoneyOut(_Out):
    """In minor units (grosz, cent) of an ISO 4217 currency."""

    amount_minor: int
    currency: str


class ContactOut(_Out):
    email: str
    name: str | None
    phone: str | None


class AttendeeOut(_Out):
    first_name: str
    last_name: str


class LineOut(_Out):
    """One seat, at the price it was ordered for."""

    event_id: UUID
    event_title: str
    seat_id: str
    price_category: str
    ticket_type: str
    price: MoneyOut
    attendee: AttendeeOut


class RefundOut(_Out):
    refund_id: UUID
    state: RefundState
    reason: str
    created_at: datetime
    settled_at: datetime | None


class PaymentOut(_Out):
    """Money that arrived; `refund` once it is on its way back."""

    payment_id: UUID
    provider: str
    state: PaymentState
    amount: MoneyOut
    created_at: datetime
    refund: RefundOut | None


class ChangeOut(_Out):
    """One change of the order's state, why it came and who caused it."""

    state: OrderState
    at: datetime
    reason: str
    actor: Actor


class OrderOut(_Out):
    """An order; `timeline` has every change of its state, `version` counts them."""

    model_config = ConfigDict(json_schema_extra={"examples": [ORDER]})

    order_id: UUID
    state: OrderState
    version: int
    total: MoneyOut
    contact: ContactOut
    lines: list[LineOut]
    payments: list[PaymentOut]
    placed_at: datetime
    holds_expire_at: datetime = Field(
        description="When the first of its holds lapses, as its token said at placing"
    )
    timeline: list[ChangeOut]


class OrdersOut(Page[OrderOut]):
    """A page of orders, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAGE_OF_ORDERS]})


class TicketOut(_Out):
    """The right of one attendee to one seat; `ticket_code` is shown at the entrance."""

    ticket_id: UUID
    ticket_code: str
    state: TicketState
    event_id: UUID
    event_title: str
    starts_at: datetime
    seat_id: str
    price_category: str
    ticket_type: str
    attendee: AttendeeOut
    issued_at: datetime
    voided_at: datetime | None


class TicketsOut(_Out):
    """All tickets of one order, bounded by the seats an order may have."""

    model_config = ConfigDict(json_schema_extra={"examples": [TICKETS]})

    items: list[TicketOut]
