"""What the owners tell about a mail at the moment it is written, as they send it.

Personal data and secrets: kept in memory while one mail is written, never stored and never logged.
Therefore no error shows what it was about (`hide_input_in_errors`), and no model its values.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def __repr_args__(self) -> Any:
        return ()


class Addressee(_Part):
    """Whom a mail goes to."""

    email: str
    name: str | None = None


class LinkFacts(Addressee):
    """Of a mail that accounts asked for. `link_token` is the secret of the link in it."""

    link_token: str
    link_expires_at: datetime


class InvitationFacts(LinkFacts):
    organization_name: str


class Money(_Part):
    amount_minor: int
    currency: str


class OrderLine(_Part):
    """One seat of an order; `ordered_seat_id` where an equivalent one was given instead."""

    event_title: str
    starts_at: datetime
    seat_id: str
    ordered_seat_id: str | None = None
    price_category: str
    ticket_type: str
    price: Money


class Order(_Part):
    """`reason`: why it came into its state; empty from an orders service that does not tell yet."""

    order_id: UUID
    state: str
    reason: str = ""
    total: Money
    lines: tuple[OrderLine, ...]


class OrderFacts(Addressee):
    """Of a mail about an order. `order_access_token` is a guest's right to it."""

    order: Order
    order_access_token: str | None = None


class CancelledTickets(_Part):
    """Tickets given back together: their lines, what goes back and what is kept of their prices."""

    lines: tuple[OrderLine, ...] = Field(min_length=1)
    refund: Money
    fee: Money
    tickets_left: int


class CancelledTicketsFacts(OrderFacts):
    """Of a mail about some tickets of an order that was given back in part."""

    cancelled: CancelledTickets


class FoundOrder(_Part):
    """An order among those whose links somebody asked for."""

    order_id: UUID
    event_titles: tuple[str, ...]
    placed_at: datetime
    order_access_token: str


class LookupFacts(Addressee):
    """Of a mail with links to orders."""

    orders: tuple[FoundOrder, ...] = Field(min_length=1)


Facts = Addressee | LinkFacts | InvitationFacts | OrderFacts | CancelledTicketsFacts | LookupFacts
