"""Messages of the catalog service: what is on sale, from when, at which price."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from messages.base import Message

FIRST_ORGANIZATION_ID = UUID("00000000-0000-7000-8000-000000000001")
"""What was made before there were organizations belongs to this one."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class TicketTypePrice(_Part):
    name: str
    price_minor: int


class PriceCategoryOffer(_Part):
    """A price category of the seating plan with the ticket types sold in it."""

    name: str
    ticket_types: tuple[TicketTypePrice, ...]


class RefundPolicy(_Part):
    """What a buyer who cancels gets back of a ticket's price.

    Before `full_until` all of it, from then on and before `part_until` `part_percent` of it, then nothing;
    None: there is no such time. `fee_minor` of the price is a fee, which is kept unless `fee_refunded`.
    """

    full_until: datetime | None
    part_until: datetime | None
    part_percent: int
    fee_minor: int
    fee_refunded: bool


class EventPublished(Message):
    """An event went on sale.

    Carries no seats, so it stays small for any plan: reservation fetches the immutable plan
    `seating_plan_id` once from catalog and checks it against `seating_plan_sha256`.
    """

    message_type: ClassVar[str] = "catalog.event_published.v1"

    event_id: UUID
    organization_id: UUID = FIRST_ORGANIZATION_ID
    version: int
    title: str
    starts_at: datetime
    ends_at: datetime
    sales_start_at: datetime
    sales_end_at: datetime
    cancellation_deadline_at: datetime | None
    seating_plan_id: UUID
    seating_plan_sha256: str
    currency: str
    price_categories: tuple[PriceCategoryOffer, ...]
    seats_per_order_max: int
    pesel_required: bool
    tickets_per_person_max: int | None = None
    """Tickets of this event for one PESEL; None: any number."""
    attendees_final_at: datetime | None = None
    """Until when attendees may be corrected; None: until the event starts."""
    refund_policy: RefundPolicy | None = None
    """None: a buyer who may cancel gets everything back."""

    @property
    def aggregate_id(self) -> UUID:
        return self.event_id

    @property
    def aggregate_version(self) -> int:
        return self.version


class EventCancelled(Message):
    """An event will not take place: its holds are released and its orders cancelled."""

    message_type: ClassVar[str] = "catalog.event_cancelled.v1"

    event_id: UUID
    version: int
    reason: str
    cancelled_at: datetime

    @property
    def aggregate_id(self) -> UUID:
        return self.event_id

    @property
    def aggregate_version(self) -> int:
        return self.version
