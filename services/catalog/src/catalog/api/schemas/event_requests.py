"""Events in requests."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool, StrictInt
from typing_extensions import TypedDict

from catalog.api.schemas.parts import ChosenOrganization, Line, Moment, Prose, Request
from catalog.domain.event import EventTerms, PriceCategory, TicketType
from catalog.domain.event_rules import (
    PRICE_MINOR_MAX,
    SEATS_PER_ORDER_HIGHEST,
    SEATS_PER_ORDER_LOWEST,
    TICKETS_PER_PERSON_HIGHEST,
    TICKETS_PER_PERSON_LOWEST,
)
from catalog.domain.refund_policy import FEE_MINOR_MAX, PART_PERCENT_MAX, RefundPolicy


class TicketTypeIn(Request):
    """Who sits there, and for how much."""

    name: Line
    price_minor: Annotated[StrictInt, Field(ge=0, le=PRICE_MINOR_MAX)] = Field(
        description="In minor units of the event's currency"
    )


class PriceCategoryIn(Request):
    """A category of the seating plan, by its name there, and the tickets sold in it."""

    # As the plan writes it, so spaces around it count.
    name: Annotated[str, Field(min_length=1, max_length=190)]
    ticket_types: Annotated[list[TicketTypeIn], Field(min_length=1, max_length=20)]

    def price_category(self) -> PriceCategory:
        """The same, in domain terms."""
        types = tuple(TicketType(name=t.name, price_minor=t.price_minor) for t in self.ticket_types)
        return PriceCategory(name=self.name, ticket_types=types)


class RefundPolicyIn(Request):
    """What a buyer who cancels gets back. Times are ends; null: there is no such time."""

    full_until: Moment | None = Field(default=None, description="The price is refunded in full before it")
    part_until: Moment | None = Field(
        default=None, description="From `full_until` until then `part_percent` of it is; afterwards nothing"
    )
    part_percent: Annotated[StrictInt, Field(ge=0, le=PART_PERCENT_MAX)] = 0
    fee_minor: Annotated[StrictInt, Field(ge=0, le=FEE_MINOR_MAX)] = Field(
        default=0, description="The part of each ticket's price that is a fee, in minor units"
    )
    fee_refunded: StrictBool = Field(
        default=False, description="False: a buyer who cancels never gets the fee back"
    )

    def refund_policy(self) -> RefundPolicy:
        """The same, in domain terms."""
        return RefundPolicy(**dict(self))


Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217")]
SeatsPerOrder = Annotated[StrictInt, Field(ge=SEATS_PER_ORDER_LOWEST, le=SEATS_PER_ORDER_HIGHEST)]
TicketsPerPerson = Annotated[StrictInt, Field(ge=TICKETS_PER_PERSON_LOWEST, le=TICKETS_PER_PERSON_HIGHEST)]
Categories = Annotated[list[PriceCategoryIn], Field(max_length=100)]


class EventIn(Request):
    """A new event. The sales window is half-open: the last moment no longer sells."""

    organization_id: ChosenOrganization = None
    title: Line
    description: Prose = ""
    venue_id: UUID
    seating_plan_id: UUID
    starts_at: Moment
    ends_at: Moment
    sales_start_at: Moment
    sales_end_at: Moment
    currency: Currency
    price_categories: Categories
    seats_per_order_max: SeatsPerOrder = 10
    pesel_required: StrictBool = Field(default=False, description="Each attendee must give a PESEL")
    cancellation_deadline_at: Moment | None = Field(
        default=None, description="Buyers may cancel before this moment; null: before the event starts"
    )
    tickets_per_person_max: TicketsPerPerson | None = Field(
        default=None, description="Tickets that one PESEL may have; null: any number. Needs pesel_required"
    )
    attendees_final_at: Moment | None = Field(
        default=None,
        description="Attendees may be corrected before this moment; null: before the event starts",
    )
    refund_policy: RefundPolicyIn | None = Field(
        default=None, description="null: whoever may cancel gets everything back"
    )

    def terms(self) -> EventTerms:
        """The same, in domain terms."""
        members = {name: value for name, value in self if name != "organization_id"}
        return EventTerms(**in_domain_terms(members))


class EventChanges(TypedDict, total=False):
    """Members that are there replace what the draft has; those that are optional may be null."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # pyright: ignore[reportGeneralTypeIssues]  # pydantic's way

    title: Line
    description: Prose
    venue_id: UUID
    seating_plan_id: UUID
    starts_at: Moment
    ends_at: Moment
    sales_start_at: Moment
    sales_end_at: Moment
    currency: Currency
    price_categories: Categories
    seats_per_order_max: SeatsPerOrder
    pesel_required: StrictBool
    cancellation_deadline_at: Moment | None
    tickets_per_person_max: TicketsPerPerson | None
    attendees_final_at: Moment | None
    refund_policy: RefundPolicyIn | None


class CancellationIn(Request):
    """Why the event will not take place."""

    reason: Line


def in_domain_terms(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members of EventIn or EventChanges as fields of EventTerms."""
    terms = dict(members)
    if "price_categories" in terms:
        terms["price_categories"] = tuple(c.price_category() for c in terms["price_categories"])
    if terms.get("refund_policy") is not None:
        terms["refund_policy"] = terms["refund_policy"].refund_policy()
    return terms
