"""What the API gives: orders with their timeline, payments and tickets."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.paging import Page
from orders.api.examples import (
    CLAIMED_ORDERS,
    GUEST_ORDER,
    LINE,
    ORDER,
    PAGE_OF_ORDERS,
    PAYMENT,
    TICKETS,
)
from orders.domain.states import (
    Actor,
    Discrepancy,
    OrderState,
    PaymentFailure,
    PaymentState,
    RefundState,
    TicketState,
)

_SHREDDED = "Null once shredded, some time after the event"


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
    """Who sits there; only the organizer of the event is shown a PESEL in full."""

    first_name: str
    last_name: str
    pesel: str | None = Field(description="Masked; null where the event asks for none")


class LineOut(_Out):
    """One seat, at the price it was ordered for."""

    model_config = ConfigDict(json_schema_extra={"examples": [LINE]})

    line_id: UUID
    event_id: UUID
    event_title: str
    seat_id: str
    ordered_seat_id: str | None = Field(
        description="The seat that was ordered, where an equivalent one was given instead"
    )
    price_category: str
    ticket_type: str
    price: MoneyOut
    attendee: AttendeeOut | None = Field(description=_SHREDDED)


class RefundOut(_Out):
    """Money on its way back, or back."""

    refund_id: UUID
    state: RefundState
    amount: MoneyOut
    reason: str
    created_at: datetime
    settled_at: datetime | None


class PaymentOut(_Out):
    """One attempt at paying, or money an operator recorded; `refunds` is what goes back of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAYMENT]})

    payment_id: UUID
    provider: str
    state: PaymentState
    amount: MoneyOut = Field(description="What was asked for")
    page_url: str | None = Field(description="Where to pay; null once nobody can pay there any more")
    expires_at: datetime | None = Field(description="When the page closes; null for recorded money")
    failure: PaymentFailure | None = Field(
        description="Why no money came of it; of a pending payment, that its last attempt was declined"
    )
    discrepancy: Discrepancy | None = Field(
        description="What arrived that was not asked for; it goes back whole, as `refunds` says"
    )
    created_at: datetime
    refunds: list[RefundOut]


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
    contact: ContactOut | None = Field(description="Null once its person was erased")
    equivalent_seats_allowed: bool = Field(
        description="Whether other seats will do where others have these when it is paid"
    )
    lines: list[LineOut]
    payments: list[PaymentOut]
    placed_at: datetime
    holds_expire_at: datetime = Field(
        description="When the first of its holds lapses, as far as orders knows"
    )
    timeline: list[ChangeOut]


class GuestOrderOut(OrderOut):
    """An order placed without an account, with the right to it."""

    model_config = ConfigDict(json_schema_extra={"examples": [GUEST_ORDER]})

    order_access_token: str = Field(
        description="Send it as `Order-Access-Token`. Only the answer to placing has it"
    )

    @classmethod
    def placed(cls, row: Any, *, order_access_token: str) -> Self:
        """From a row of `orders.queries` and the token."""
        return cls.model_validate({**row, "order_access_token": order_access_token})


class ClaimedOrdersOut(_Out):
    """Orders that are yours now, the oldest first; `more` are left when there were too many at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [CLAIMED_ORDERS]})

    order_ids: list[UUID]
    more: bool


class LinksRequestedOut(_Out):
    """The same whether or not there are orders."""

    next: Literal["check_your_mail"] = "check_your_mail"


class OrdersOut(Page[OrderOut]):
    """A page of orders, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAGE_OF_ORDERS]})


class TicketOut(_Out):
    """The right of one attendee to one seat; `ticket_code` is shown at the entrance."""

    ticket_id: UUID
    ticket_code: str
    line_id: UUID
    state: TicketState
    event_id: UUID
    event_title: str
    starts_at: datetime
    seat_id: str
    price_category: str
    ticket_type: str
    attendee: AttendeeOut | None = Field(description=_SHREDDED)
    issued_at: datetime
    voided_at: datetime | None


class TicketsOut(_Out):
    """All tickets of one order, bounded by the seats an order may have."""

    model_config = ConfigDict(json_schema_extra={"examples": [TICKETS]})

    items: list[TicketOut]
