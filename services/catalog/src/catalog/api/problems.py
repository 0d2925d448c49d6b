"""The one table from catalog's errors to what clients are told."""

from typing import Any

from catalog.domain import event_errors, organizations, venue
from catalog.domain.plan_faults import SeatingPlanInvalid
from catalog.usecases import errors
from chassis.problems import ProblemSpec


def _faults(error: SeatingPlanInvalid) -> dict[str, Any]:
    return {
        "errors": [
            {"path": fault.path, "rule": fault.rule, "field": fault.path.replace("/", "."), "in": "body"}
            for fault in error.faults
        ]
    }


PROBLEMS: dict[type[Exception], ProblemSpec] = {
    errors.EventNotFound: ProblemSpec(404, "event-not-found", "There is no such event"),
    errors.VenueNotFound: ProblemSpec(404, "venue-not-found", "There is no such venue"),
    errors.SeatingPlanNotFound: ProblemSpec(404, "seating-plan-not-found", "There is no such seating plan"),
    organizations.OrganizationForeign: ProblemSpec(
        403, "organization-foreign", "You are no organizer of this organization"
    ),
    organizations.OrganizationRequired: ProblemSpec(
        422, "organization-required", "Say for which organization"
    ),
    SeatingPlanInvalid: ProblemSpec(
        422, "seating-plan-invalid", "The seating plan is not valid", extra=_faults
    ),
    venue.CountryUnknown: ProblemSpec(422, "country-unknown", "There is no such country"),
    venue.TimeZoneUnknown: ProblemSpec(422, "time-zone-unknown", "There is no such time zone"),
    event_errors.EventHasChanged: ProblemSpec(412, "event-has-changed", "The event has changed meanwhile"),
    event_errors.EventNotDraft: ProblemSpec(409, "event-not-draft", "The event is no draft"),
    event_errors.EventNotPublished: ProblemSpec(409, "event-not-published", "The event is not published"),
    event_errors.EventAlreadyStarted: ProblemSpec(409, "event-already-started", "The event has started"),
    event_errors.EventAlreadyEnded: ProblemSpec(409, "event-already-ended", "The event has ended"),
    event_errors.SalesAlreadyOver: ProblemSpec(409, "sales-already-over", "The sales window has closed"),
    event_errors.VenueUnknown: ProblemSpec(422, "venue-unknown", "The organization has no such venue"),
    event_errors.SeatingPlanUnknown: ProblemSpec(
        422, "seating-plan-unknown", "The organization has no such seating plan"
    ),
    event_errors.EventEndsBeforeItStarts: ProblemSpec(
        422, "event-ends-before-it-starts", "The event ends before it starts"
    ),
    event_errors.SalesWindowEmpty: ProblemSpec(422, "sales-window-empty", "The sales window is empty"),
    event_errors.SalesOutlastEvent: ProblemSpec(422, "sales-outlast-event", "Sales end after the event"),
    event_errors.CancellationDeadlineAfterStart: ProblemSpec(
        422, "cancellation-deadline-after-start", "The cancellation deadline is too late"
    ),
    event_errors.AttendeesFinalAfterStart: ProblemSpec(
        422, "attendees-final-after-start", "Attendees become final too late"
    ),
    event_errors.PersonLimitWithoutPesel: ProblemSpec(
        422, "person-limit-without-pesel", "A limit per person needs the PESEL of each attendee"
    ),
    event_errors.PersonLimitOutOfBounds: ProblemSpec(
        422, "person-limit-out-of-bounds", "The tickets-per-person limit is out of bounds"
    ),
    event_errors.PartRefundsEndBeforeFullOnes: ProblemSpec(
        422, "part-refunds-end-before-full-ones", "The periods of refunds are out of order"
    ),
    event_errors.RefundsAfterStart: ProblemSpec(
        422, "refunds-after-start", "Refunds end after the event starts"
    ),
    event_errors.RefundPercentOutOfBounds: ProblemSpec(
        422, "refund-percent-out-of-bounds", "The percentage refunded is out of bounds"
    ),
    event_errors.FeeOutOfBounds: ProblemSpec(422, "fee-out-of-bounds", "The fee is out of bounds"),
    event_errors.CurrencyUnknown: ProblemSpec(422, "currency-unknown", "There is no such currency"),
    event_errors.SeatsPerOrderOutOfBounds: ProblemSpec(
        422, "seats-per-order-out-of-bounds", "The seats-per-order limit is out of bounds"
    ),
    event_errors.PriceCategoryNotInPlan: ProblemSpec(
        422, "price-category-not-in-plan", "The seating plan has no such category"
    ),
    event_errors.PriceCategoryTwice: ProblemSpec(
        422, "price-category-twice", "A price category is given twice"
    ),
    event_errors.PriceCategoryUnpriced: ProblemSpec(
        422, "price-category-unpriced", "A category of the plan has no prices"
    ),
    event_errors.TicketTypesMissing: ProblemSpec(
        422, "ticket-types-missing", "A price category has no ticket types"
    ),
    event_errors.TicketTypeTwice: ProblemSpec(422, "ticket-type-twice", "A ticket type is given twice"),
    event_errors.PriceOutOfBounds: ProblemSpec(422, "price-out-of-bounds", "A price is out of bounds"),
}

EVENT_NOT_FOUND = PROBLEMS[errors.EventNotFound]
VENUE_NOT_FOUND = PROBLEMS[errors.VenueNotFound]
SEATING_PLAN_NOT_FOUND = PROBLEMS[errors.SeatingPlanNotFound]
SEATING_PLAN_INVALID = PROBLEMS[SeatingPlanInvalid]
ORGANIZATION_REFUSALS = (
    PROBLEMS[organizations.OrganizationForeign],
    PROBLEMS[organizations.OrganizationRequired],
)
VENUE_REFUSALS = (
    *ORGANIZATION_REFUSALS,
    PROBLEMS[venue.CountryUnknown],
    PROBLEMS[venue.TimeZoneUnknown],
)
TERMS_REFUSALS = tuple(
    spec for error, spec in PROBLEMS.items() if issubclass(error, event_errors.EventTermsInvalid)
)
NEW_EVENT_REFUSALS = (*ORGANIZATION_REFUSALS, *TERMS_REFUSALS)
CHANGE_REFUSALS = (
    EVENT_NOT_FOUND,
    PROBLEMS[event_errors.EventHasChanged],
    PROBLEMS[event_errors.EventNotDraft],
    *TERMS_REFUSALS,
)
PUBLICATION_REFUSALS = (
    EVENT_NOT_FOUND,
    PROBLEMS[event_errors.EventNotDraft],
    PROBLEMS[event_errors.EventAlreadyStarted],
    PROBLEMS[event_errors.SalesAlreadyOver],
    *TERMS_REFUSALS,
)
CANCELLATION_REFUSALS = (
    EVENT_NOT_FOUND,
    PROBLEMS[event_errors.EventNotPublished],
    PROBLEMS[event_errors.EventAlreadyEnded],
)
