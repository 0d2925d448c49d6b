from dataclasses import replace
from datetime import timedelta

import pytest

from catalog.domain import event_errors as errors
from catalog.domain.event import PriceCategory, TicketType
from catalog.domain.event_rules import PRICE_MINOR_MAX, check_terms
from catalog.domain.refund_policy import RefundPolicy

PLAN = {"Stalls": 300, "Balcony": 100, "Unused": 0}
ADULT = TicketType("adult", 5000)
NO_REFUNDS = RefundPolicy(full_until=None, part_until=None, part_percent=0, fee_minor=0, fee_refunded=False)
STALLS, BALCONY = PriceCategory("Stalls", (ADULT,)), PriceCategory("Balcony", (ADULT,))


def refuses(error, terms, **changes):
    with pytest.raises(error):
        check_terms(replace(terms, **changes), plan_capacity=PLAN)


def accepts(terms, **changes):
    check_terms(replace(terms, **changes), plan_capacity=PLAN)


def test_an_event_ends_after_it_starts(terms):
    refuses(errors.EventEndsBeforeItStarts, terms, ends_at=terms.starts_at)


def test_sales_end_after_they_start(terms):
    refuses(errors.SalesWindowEmpty, terms, sales_end_at=terms.sales_start_at)


def test_sales_may_last_until_the_event_ends(terms):
    accepts(terms, sales_end_at=terms.ends_at)


def test_sales_do_not_outlast_the_event(terms):
    refuses(errors.SalesOutlastEvent, terms, sales_end_at=terms.ends_at + timedelta(seconds=1))


def test_buyers_may_cancel_until_the_event_starts(terms):
    accepts(terms, cancellation_deadline_at=terms.starts_at)


def test_buyers_may_not_cancel_after_the_event_starts(terms):
    refuses(
        errors.CancellationDeadlineAfterStart,
        terms,
        cancellation_deadline_at=terms.starts_at + timedelta(seconds=1),
    )


def test_attendees_may_be_corrected_until_the_event_starts(terms):
    accepts(terms, attendees_final_at=terms.starts_at)


def test_attendees_may_not_be_corrected_after_the_event_starts(terms):
    refuses(errors.AttendeesFinalAfterStart, terms, attendees_final_at=terms.starts_at + timedelta(seconds=1))


def test_tickets_are_limited_per_person_where_each_gives_a_pesel(terms):
    accepts(terms, pesel_required=True, tickets_per_person_max=1)


def test_tickets_are_not_limited_per_person_where_nobody_is_known(terms):
    refuses(errors.PersonLimitWithoutPesel, terms, tickets_per_person_max=1)


@pytest.mark.parametrize("limit", [0, 51])
def test_the_tickets_per_person_limit_is_from_1_to_50(terms, limit):
    refuses(errors.PersonLimitOutOfBounds, terms, pesel_required=True, tickets_per_person_max=limit)


def test_refunds_may_last_until_the_event_starts(terms):
    a_day_before = terms.starts_at - timedelta(days=1)
    policy = replace(NO_REFUNDS, full_until=a_day_before, part_until=terms.starts_at, part_percent=50)
    accepts(terms, refund_policy=policy)


@pytest.mark.parametrize("period", ["full_until", "part_until"])
def test_refunds_do_not_last_longer_than_that(terms, period):
    policy = replace(NO_REFUNDS, **{period: terms.starts_at + timedelta(seconds=1)})
    refuses(errors.RefundsAfterStart, terms, refund_policy=policy)


def test_refunds_in_part_end_after_those_in_full(terms):
    policy = replace(NO_REFUNDS, full_until=terms.starts_at, part_until=terms.starts_at)
    refuses(errors.PartRefundsEndBeforeFullOnes, terms, refund_policy=policy)


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_part_is_from_nothing_to_everything(terms, percent):
    policy = replace(NO_REFUNDS, part_until=terms.starts_at, part_percent=percent)
    refuses(errors.RefundPercentOutOfBounds, terms, refund_policy=policy)


@pytest.mark.parametrize("fee_minor", [-1, PRICE_MINOR_MAX + 1])
def test_a_fee_is_as_bounded_as_a_price(terms, fee_minor):
    refuses(errors.FeeOutOfBounds, terms, refund_policy=replace(NO_REFUNDS, fee_minor=fee_minor))


@pytest.mark.parametrize("currency", ["XXX", "pln", "PL", "DEM"])
def test_the_currency_circulates(terms, currency):
    refuses(errors.CurrencyUnknown, terms, currency=currency)


@pytest.mark.parametrize("seats", [0, 51])
def test_the_seats_per_order_limit_is_from_1_to_50(terms, seats):
    refuses(errors.SeatsPerOrderOutOfBounds, terms, seats_per_order_max=seats)


def test_every_price_category_is_one_of_the_plan(terms):
    extra = PriceCategory("Royal Box", (ADULT,))
    refuses(errors.PriceCategoryNotInPlan, terms, price_categories=(STALLS, BALCONY, extra))


def test_a_price_category_is_given_once(terms):
    refuses(errors.PriceCategoryTwice, terms, price_categories=(STALLS, BALCONY, STALLS))


def test_every_category_with_seats_is_priced(terms):
    with pytest.raises(errors.PriceCategoryUnpriced) as refused:
        check_terms(replace(terms, price_categories=(STALLS,)), plan_capacity=PLAN)
    assert "Every category with seats needs prices; none are given for Balcony." == str(refused.value)


def test_a_category_without_seats_needs_no_price(terms):
    accepts(terms, price_categories=(STALLS, BALCONY))


def test_a_price_category_has_a_ticket_type(terms):
    refuses(errors.TicketTypesMissing, terms, price_categories=(STALLS, PriceCategory("Balcony", ())))


def test_a_ticket_type_is_given_once_in_its_category(terms):
    twice = PriceCategory("Balcony", (ADULT, ADULT))
    refuses(errors.TicketTypeTwice, terms, price_categories=(STALLS, twice))


@pytest.mark.parametrize("price_minor", [-1, PRICE_MINOR_MAX + 1])
def test_a_price_is_within_bounds(terms, price_minor):
    odd = PriceCategory("Balcony", (TicketType("adult", price_minor),))
    refuses(errors.PriceOutOfBounds, terms, price_categories=(STALLS, odd))


def test_a_ticket_may_be_free(terms):
    free = PriceCategory("Balcony", (TicketType("adult", 0),))
    accepts(terms, price_categories=(STALLS, free))
