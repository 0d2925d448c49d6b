"""Events in answers."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from catalog.api.schemas.parts import (
    CategorySeatsLeft,
    PriceRange,
    SeatsLeft,
    VenueName,
)
from catalog.api.schemas.venues import VenueOut
from catalog.domain.event import EventState, EventTerms
from catalog.queries.events import EventDetail


class TicketTypeOut(BaseModel):
    name: str
    price_minor: int


class PriceCategoryOut(BaseModel):
    """A price category with the tickets sold in it, coloured as on the plan."""

    name: str
    color: str | None
    ticket_types: list[TicketTypeOut]


class EventPlanOut(BaseModel):
    """Which plan the event uses; drawn by `/events/{event_id}/seating-plan`."""

    seating_plan_id: UUID
    name: str
    version: int
    sha256: str


class RefundPolicyOut(BaseModel):
    """What a buyer who cancels gets back: everything before `full_until`, then `part_percent` of it
    before `part_until`, then nothing; a fee that is not refunded is kept in any case.
    """

    full_until: datetime | None
    part_until: datetime | None
    part_percent: int
    fee_minor: int = Field(description="The part of each ticket's price that is a fee, in minor units")
    fee_refunded: bool


class DetailedSeatsLeft(SeatsLeft):
    categories: list[CategorySeatsLeft]


class EventOut(BaseModel):
    """An event with everything about it."""

    event_id: UUID
    organization_id: UUID
    state: EventState
    version: int = Field(description="Counts the changes of the event")
    title: str
    description: str
    venue: VenueOut
    seating_plan: EventPlanOut
    starts_at: datetime
    ends_at: datetime
    sales_start_at: datetime
    sales_end_at: datetime
    currency: str
    price_range: PriceRange | None = Field(description="null as long as nothing is priced")
    price_categories: list[PriceCategoryOut]
    seats_per_order_max: int
    pesel_required: bool
    tickets_per_person_max: int | None = Field(description="null: any number")
    cancellation_deadline_at: datetime | None
    attendees_final_at: datetime | None = Field(description="null: when the event starts")
    refund_policy: RefundPolicyOut | None = Field(description="null: whoever may cancel gets everything back")
    availability: DetailedSeatsLeft | None = Field(description="null for a draft")
    published_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: str | None

    @classmethod
    def of(cls, detail: EventDetail) -> "EventOut":
        """The event, as shown."""
        event, terms = detail.event, detail.event.terms
        shown = {name: getattr(terms, name) for name in _SHOWN_TERMS}
        life = {name: getattr(event, name) for name in _SHOWN_LIFE}
        return cls(
            **life,
            **shown,
            venue=VenueOut.of(detail.venue),
            seating_plan=EventPlanOut.model_validate(detail.plan, from_attributes=True),
            price_range=price_range(terms),
            price_categories=_coloured(detail),
            refund_policy=terms.refund_policy
            and RefundPolicyOut.model_validate(terms.refund_policy, from_attributes=True),
            availability=detail.availability
            and DetailedSeatsLeft.model_validate(detail.availability, from_attributes=True),
        )


class OrganizerEventOut(BaseModel):
    """An event as organizers list it, in any state."""

    event_id: UUID
    organization_id: UUID
    state: EventState
    version: int
    title: str
    venue: VenueName
    starts_at: datetime
    ends_at: datetime
    sales_start_at: datetime
    sales_end_at: datetime
    price_range: PriceRange | None
    availability: SeatsLeft | None = Field(description="null for a draft")

    @classmethod
    def of(cls, detail: EventDetail) -> "OrganizerEventOut":
        """The event, as listed."""
        event, terms = detail.event, detail.event.terms
        return cls(
            event_id=event.event_id,
            organization_id=event.organization_id,
            state=event.state,
            version=event.version,
            title=terms.title,
            venue=VenueName(name=detail.venue.name, city=detail.venue.city),
            starts_at=terms.starts_at,
            ends_at=terms.ends_at,
            sales_start_at=terms.sales_start_at,
            sales_end_at=terms.sales_end_at,
            price_range=price_range(terms),
            availability=detail.availability
            and SeatsLeft.model_validate(detail.availability, from_attributes=True),
        )


def price_range(terms: EventTerms) -> PriceRange | None:
    """Cheapest and dearest ticket; None where nothing is priced."""
    prices = terms.prices_minor
    if not prices:
        return None
    return PriceRange(min_minor=min(prices), max_minor=max(prices), currency=terms.currency)


_SHOWN_LIFE = (
    "event_id",
    "organization_id",
    "state",
    "version",
    "published_at",
    "cancelled_at",
    "cancellation_reason",
)
_SHOWN_TERMS = (
    "title",
    "description",
    "starts_at",
    "ends_at",
    "sales_start_at",
    "sales_end_at",
    "currency",
    "seats_per_order_max",
    "pesel_required",
    "tickets_per_person_max",
    "cancellation_deadline_at",
    "attendees_final_at",
)


def _coloured(detail: EventDetail) -> list[PriceCategoryOut]:
    colors = {category["name"]: category["color"] for category in detail.plan.categories}
    return [
        PriceCategoryOut(
            name=category.name,
            color=colors.get(category.name),
            ticket_types=[
                TicketTypeOut(name=t.name, price_minor=t.price_minor) for t in category.ticket_types
            ],
        )
        for category in detail.event.terms.price_categories
    ]
