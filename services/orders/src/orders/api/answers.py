"""What the API gives: orders with their timeline, payments and tickets."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from orders.domain.states import Actor, OrderState, PaymentState, RefundState, TicketState

_ORDER_ID = "0192f0c1-8a10-7b62-8f7e-1f2d3c4b5a69"
_EVENT_ID = "0192f0c1-7d57-7c39-9a53-2f6b8f0f5a11"
_AT = "2026-11-23T10:00:00Z"


class _Out(BaseModel):
    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row of `orders.queries`."""
        return cls.model_validate(dict(row))


class MoneyOut(_Out):
    """In minor units (grosz, cent) of an ISO 4217 currency."""

    amount_minor: int = Field(examples=[9000])
    currency: str = Field(examples=["PLN"])


class ContactOut(_Out):
    email: str = Field(examples=["ada@example.org"])
    name: str | None = Field(examples=["Ada Lovelace"])
    phone: str | None = Field(examples=["+48 600 100 200"])


class AttendeeOut(_Out):
    first_name: str = Field(examples=["Ada"])
    last_name: str = Field(examples=["Lovelace"])


class LineOut(_Out):
    """One seat, at the price it was ordered for."""

    event_id: UUID = Field(examples=[_EVENT_ID])
    event_title: str = Field(examples=["Hamlet"])
    seat_id: str = Field(examples=["stalls-4-7"])
    price_category: str = Field(examples=["Stalls"])
    ticket_type: str = Field(examples=["adult"])
    price: MoneyOut
    attendee: AttendeeOut


class RefundOut(_Out):
    refund_id: UUID
    state: RefundState
    reason: str = Field(examples=["cancelled_by_buyer"])
    created_at: datetime
    settled_at: datetime | None


class PaymentOut(_Out):
    """Money that arrived; `refund` once it is on its way back."""

    payment_id: UUID
    provider: str = Field(examples=["recorded"])
    state: PaymentState
    amount: MoneyOut
    created_at: datetime
    refund: RefundOut | None


class ChangeOut(_Out):
    """One change of the order's state, why it came and who caused it."""

    state: OrderState
    at: datetime = Field(examples=[_AT])
    reason: str = Field(examples=["order_placed"])
    actor: Actor


class OrderOut(_Out):
    """An order; `timeline` has every change of its state, `version` counts them."""

    order_id: UUID = Field(examples=[_ORDER_ID])
    state: OrderState
    version: int = Field(examples=[1])
    total: MoneyOut
    contact: ContactOut
    lines: list[LineOut]
    payments: list[PaymentOut]
    placed_at: datetime = Field(examples=[_AT])
    holds_expire_at: datetime = Field(
        description="When the first of its holds lapses, as its token said at placing", examples=[_AT]
    )
    timeline: list[ChangeOut]


class TicketOut(_Out):
    """The right of one attendee to one seat; `ticket_code` is shown at the entrance."""

    ticket_id: UUID
    ticket_code: str = Field(examples=["7ZQ4-K0M2-9XVB-3HDT"])
    state: TicketState
    event_id: UUID = Field(examples=[_EVENT_ID])
    event_title: str = Field(examples=["Hamlet"])
    starts_at: datetime = Field(examples=["2026-12-01T18:00:00Z"])
    seat_id: str = Field(examples=["stalls-4-7"])
    price_category: str = Field(examples=["Stalls"])
    ticket_type: str = Field(examples=["adult"])
    attendee: AttendeeOut
    issued_at: datetime
    voided_at: datetime | None


class TicketsOut(_Out):
    """All tickets of one order, bounded by the seats an order may have."""

    items: list[TicketOut]
