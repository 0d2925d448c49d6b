"""The rules that the terms of an event keep from the first draft on."""

from collections.abc import Iterable, Mapping

from catalog.domain import event_errors as errors
from catalog.domain.currencies import CURRENCIES
from catalog.domain.event import EventTerms, PriceCategory
from catalog.domain.refund_policy import check_refund_policy

SEATS_PER_ORDER_LOWEST = 1
SEATS_PER_ORDER_HIGHEST = 50
"""What reservation holds for one buyer at a time; see its HOLD_SEATS_MAX."""

TICKETS_PER_PERSON_LOWEST = 1
TICKETS_PER_PERSON_HIGHEST = SEATS_PER_ORDER_HIGHEST

PRICE_MINOR_MAX = 100_000_000
"""A million of most currencies: a typing error costs a correction, not a sale."""


def check_terms(terms: EventTerms, *, plan_capacity: Mapping[str, int]) -> None:
    """Raises the EventTermsInvalid of the first broken rule.

    `plan_capacity` tells for each category of the event's seating plan how many seats it has.
    """
    _check_times(terms)
    if terms.currency not in CURRENCIES:
        raise errors.CurrencyUnknown(terms.currency)
    if not SEATS_PER_ORDER_LOWEST <= terms.seats_per_order_max <= SEATS_PER_ORDER_HIGHEST:
        raise errors.SeatsPerOrderOutOfBounds(lowest=SEATS_PER_ORDER_LOWEST, highest=SEATS_PER_ORDER_HIGHEST)
    _check_person_limit(terms)
    if terms.refund_policy is not None:
        check_refund_policy(terms.refund_policy, starts_at=terms.starts_at)
    _check_categories(terms, plan_capacity)
    for category in terms.price_categories:
        _check_ticket_types(category)


def _check_times(terms: EventTerms) -> None:
    if terms.ends_at <= terms.starts_at:
        raise errors.EventEndsBeforeItStarts
    if terms.sales_end_at <= terms.sales_start_at:
        raise errors.SalesWindowEmpty
    if terms.sales_end_at > terms.ends_at:
        raise errors.SalesOutlastEvent
    deadline = terms.cancellation_deadline_at
    if deadline is not None and deadline > terms.starts_at:
        raise errors.CancellationDeadlineAfterStart
    if terms.attendees_final_at is not None and terms.attendees_final_at > terms.starts_at:
        raise errors.AttendeesFinalAfterStart


def _check_person_limit(terms: EventTerms) -> None:
    limit = terms.tickets_per_person_max
    if limit is None:
        return
    if not terms.pesel_required:
        raise errors.PersonLimitWithoutPesel
    if not TICKETS_PER_PERSON_LOWEST <= limit <= TICKETS_PER_PERSON_HIGHEST:
        raise errors.PersonLimitOutOfBounds(
            lowest=TICKETS_PER_PERSON_LOWEST, highest=TICKETS_PER_PERSON_HIGHEST
        )


def _check_categories(terms: EventTerms, plan_capacity: Mapping[str, int]) -> None:
    priced = [category.name for category in terms.price_categories]
    if (twice := _first_repeated(priced)) is not None:
        raise errors.PriceCategoryTwice(twice)
    for name in priced:
        if name not in plan_capacity:
            raise errors.PriceCategoryNotInPlan(name)
    unpriced = [name for name, capacity in plan_capacity.items() if capacity and name not in priced]
    if unpriced:
        raise errors.PriceCategoryUnpriced(unpriced)


def _check_ticket_types(category: PriceCategory) -> None:
    if not category.ticket_types:
        raise errors.TicketTypesMissing(category.name)
    names = [ticket_type.name for ticket_type in category.ticket_types]
    if (twice := _first_repeated(names)) is not None:
        raise errors.TicketTypeTwice(category=category.name, name=twice)
    if not all(0 <= ticket_type.price_minor <= PRICE_MINOR_MAX for ticket_type in category.ticket_types):
        raise errors.PriceOutOfBounds(highest_minor=PRICE_MINOR_MAX)


def _first_repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
