"""An event: the show, with its sales window and prices, from draft to publication to cancellation."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from catalog.domain import event_errors as errors
from catalog.domain.refund_policy import RefundPolicy


class EventState(StrEnum):
    """Where an event stands."""

    DRAFT = "draft"
    """Being prepared: only organizers see it and everything may change. Made by `create_event`."""

    PUBLISHED = "published"
    """Announced, and on sale within its sales window: nothing changes any more. From DRAFT."""

    CANCELLED = "cancelled"
    """Will not take place; buyers still see that it was. From PUBLISHED."""


@dataclass(frozen=True, slots=True)
class TicketType:
    """Who sits there (adult, concession) and for how much, in minor units of the event's currency."""

    name: str
    price_minor: int


@dataclass(frozen=True, slots=True)
class PriceCategory:
    """A category of the seating plan, by its name there, with the tickets sold in it."""

    name: str
    ticket_types: tuple[TicketType, ...]


@dataclass(frozen=True, slots=True)
class EventTerms:
    """All that an organizer decides about an event while it is a draft. Times are UTC.

    The sales window is half-open: from `sales_start_at` up to, not including, `sales_end_at`.
    Buyers may cancel before `cancellation_deadline_at`; None: before `starts_at`.
    Attendees may be corrected before `attendees_final_at`; None: before `starts_at`.
    `tickets_per_person_max` counts the tickets of one PESEL; None: no limit.
    Without a `refund_policy` a buyer who may cancel gets everything back.
    """

    title: str
    description: str
    venue_id: UUID
    seating_plan_id: UUID
    starts_at: datetime
    ends_at: datetime
    sales_start_at: datetime
    sales_end_at: datetime
    currency: str
    price_categories: tuple[PriceCategory, ...]
    seats_per_order_max: int
    pesel_required: bool
    tickets_per_person_max: int | None
    cancellation_deadline_at: datetime | None
    attendees_final_at: datetime | None
    refund_policy: RefundPolicy | None = None

    @property
    def prices_minor(self) -> tuple[int, ...]:
        """Every price asked for, in minor units."""
        return tuple(t.price_minor for category in self.price_categories for t in category.ticket_types)


@dataclass(frozen=True, slots=True)
class Event:
    """`version` counts the changes, from 1; messages carry it so that consumers can order them."""

    event_id: UUID
    organization_id: UUID
    terms: EventTerms
    state: EventState = EventState.DRAFT
    version: int = 1
    published_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancellation_reason: str | None = None

    def expect_version(self, version: int | None) -> None:
        """Raises EventHasChanged unless the event is as the caller last saw it (None: any version)."""
        if version is not None and version != self.version:
            raise errors.EventHasChanged(version=self.version)

    def with_terms(self, terms: EventTerms) -> "Event":
        """The draft with other terms. Raises EventNotDraft."""
        if self.state is not EventState.DRAFT:
            raise errors.EventNotDraft(self.state)
        return replace(self, terms=terms, version=self.version + 1)

    def publish(self, *, now: datetime) -> "Event":
        """The event, on sale. Raises an error for the first reason why it cannot be."""
        if self.state is not EventState.DRAFT:
            raise errors.EventNotDraft(self.state)
        if self.terms.sales_end_at <= now:
            raise errors.SalesAlreadyOver
        if self.terms.starts_at <= now:
            raise errors.EventAlreadyStarted
        return replace(self, state=EventState.PUBLISHED, version=self.version + 1, published_at=now)

    def cancel(self, *, reason: str, now: datetime) -> "Event":
        """The event, called off. Raises EventNotPublished or EventAlreadyEnded."""
        if self.state is not EventState.PUBLISHED:
            raise errors.EventNotPublished(self.state)
        if self.terms.ends_at <= now:
            raise errors.EventAlreadyEnded
        return replace(
            self,
            state=EventState.CANCELLED,
            version=self.version + 1,
            cancelled_at=now,
            cancellation_reason=reason,
        )
