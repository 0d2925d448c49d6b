"""Why an event cannot be as asked. Each class is one rule; its sentence is the message people read."""

from collections.abc import Sequence


class EventTermsInvalid(Exception):
    """Some rule about an event's terms is broken; each rule has a class of its own below."""


class EventEndsBeforeItStarts(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("An event must end after it starts.")


class SalesWindowEmpty(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("Sales must end after they start.")


class SalesOutlastEvent(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("Sales must end no later than the event does.")


class CancellationDeadlineAfterStart(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("The cancellation deadline must not be after the event starts.")


class AttendeesFinalAfterStart(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("Attendees must be final no later than the event starts.")


class PersonLimitWithoutPesel(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("Tickets can be limited per person only where each attendee gives a PESEL.")


class PersonLimitOutOfBounds(EventTermsInvalid):
    def __init__(self, *, lowest: int, highest: int) -> None:
        super().__init__(f"The tickets-per-person limit must be from {lowest} to {highest}.")


class CurrencyUnknown(EventTermsInvalid):
    def __init__(self, currency: str) -> None:
        super().__init__(f"{currency!r} is not an ISO 4217 currency in circulation.")


class SeatsPerOrderOutOfBounds(EventTermsInvalid):
    def __init__(self, *, lowest: int, highest: int) -> None:
        super().__init__(f"The seats-per-order limit must be from {lowest} to {highest}.")


class PriceCategoryNotInPlan(EventTermsInvalid):
    def __init__(self, name: str) -> None:
        super().__init__(f"The seating plan has no category {name!r}.")


class PriceCategoryTwice(EventTermsInvalid):
    def __init__(self, name: str) -> None:
        super().__init__(f"The price category {name!r} is given twice.")


class PriceCategoryUnpriced(EventTermsInvalid):
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"Every category with seats needs prices; none are given for {', '.join(names)}.")


class TicketTypesMissing(EventTermsInvalid):
    def __init__(self, category: str) -> None:
        super().__init__(f"The price category {category!r} needs at least one ticket type.")


class TicketTypeTwice(EventTermsInvalid):
    def __init__(self, *, category: str, name: str) -> None:
        super().__init__(f"The price category {category!r} gives the ticket type {name!r} twice.")


class PriceOutOfBounds(EventTermsInvalid):
    def __init__(self, *, highest_minor: int) -> None:
        super().__init__(f"A price must be from 0 to {highest_minor} minor units.")


class PartRefundsEndBeforeFullOnes(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("Refunds in part must end after refunds in full do.")


class RefundsAfterStart(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("Refunds must end no later than the event starts.")


class RefundPercentOutOfBounds(EventTermsInvalid):
    def __init__(self, *, highest: int) -> None:
        super().__init__(f"What is refunded in part must be from 0 to {highest} percent.")


class FeeOutOfBounds(EventTermsInvalid):
    def __init__(self, *, highest_minor: int) -> None:
        super().__init__(f"The fee of a ticket must be from 0 to {highest_minor} minor units.")


class VenueUnknown(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("The organization has no venue with this venue_id.")


class SeatingPlanUnknown(EventTermsInvalid):
    def __init__(self) -> None:
        super().__init__("The organization has no seating plan with this seating_plan_id.")


class EventHasChanged(Exception):
    """Someone changed the event since the caller read it."""

    def __init__(self, *, version: int) -> None:
        super().__init__(f"The event has changed; it is at version {version} now. Read it again.")


class EventNotDraft(Exception):
    """Only a draft may be changed or published, and it is published once."""

    def __init__(self, state: str) -> None:
        super().__init__(f"The event is {state}; only a draft can be changed or published.")


class EventNotPublished(Exception):
    """Only an event that buyers know of can be cancelled, and only once."""

    def __init__(self, state: str) -> None:
        super().__init__(f"The event is {state}; only a published event can be cancelled.")


class EventAlreadyStarted(Exception):
    def __init__(self) -> None:
        super().__init__("The event has already started; it can no longer be published.")


class EventAlreadyEnded(Exception):
    def __init__(self) -> None:
        super().__init__("The event has already ended; it can no longer be cancelled.")


class SalesAlreadyOver(Exception):
    def __init__(self) -> None:
        super().__init__("The sales window has already closed; nothing could be sold.")
