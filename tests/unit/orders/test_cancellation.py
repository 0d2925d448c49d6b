"""What cancelling tickets of several events comes to, and until when it may be done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from orders.domain.cancellation import SoldTicket, terms_of
from orders.domain.offer import CancellationDeadlinePassed, Offer
from orders.domain.refund import Pauses
from orders.domain.refund_policy import RefundPolicy, RefundShare
from orders.domain.states import OfferState

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = RefundPolicy(
    full_until=NOW + DAY, part_until=NOW + 2 * DAY, part_percent=50, fee_minor=300, fee_refunded=False
)


def offer(*, policy: RefundPolicy | None = None, deadline_at: datetime | None = None) -> Offer:
    return Offer(
        event_id=uuid4(),
        version=1,
        state=OfferState.PUBLISHED,
        title="Hamlet",
        starts_at=NOW + 7 * DAY,
        ends_at=NOW + 8 * DAY,
        cancellation_deadline_at=deadline_at,
        currency="PLN",
        prices={},
        seats_per_order_max=1,
        pesel_required=False,
        refund_policy=policy,
    )


def ticket(of: Offer) -> SoldTicket:
    return SoldTicket(
        ticket_id=uuid4(), line_id=uuid4(), event_id=of.event_id, seat_id="A-1", price_minor=10_000
    )


def offers_of(*offers: Offer) -> dict[UUID, Offer]:
    return {each.event_id: each for each in offers}


def test_each_ticket_goes_by_its_own_events_policy() -> None:
    strict, lenient = offer(policy=POLICY), offer()
    tickets = [ticket(strict), ticket(lenient)]

    terms = terms_of(tickets, offers=offers_of(strict, lenient), now=NOW)

    shares = [terms.shares[each.ticket_id] for each in tickets]
    assert [share.refund_minor for share in shares] == [9700, 10_000]
    assert terms.total == RefundShare(refund_minor=19_700, fee_minor=300)


def test_the_terms_hold_until_the_first_of_all_changes() -> None:
    strict, lenient = offer(policy=POLICY), offer(deadline_at=NOW + 3 * DAY)
    terms = terms_of([ticket(strict), ticket(lenient)], offers=offers_of(strict, lenient), now=NOW)
    assert (terms.holds_until, terms.cancellable_until) == (NOW + DAY, NOW + 3 * DAY)


def test_the_earliest_deadline_of_the_tickets_events_decides() -> None:
    over, open_still = offer(deadline_at=NOW), offer()
    offers = offers_of(over, open_still)

    with pytest.raises(CancellationDeadlinePassed):
        terms_of([ticket(over), ticket(open_still)], offers=offers, now=NOW)
    assert terms_of([ticket(open_still)], offers=offers, now=NOW).total.refund_minor == 10_000


def test_when_an_event_was_called_off_everything_goes_back_at_any_time() -> None:
    strict = offer(policy=replace(POLICY, full_until=None, part_until=None), deadline_at=NOW - DAY)
    called_off = replace(offer(), state=OfferState.CANCELLED)

    terms = terms_of([ticket(strict), ticket(called_off)], offers=offers_of(strict, called_off), now=NOW)

    assert terms.total == RefundShare(refund_minor=20_000, fee_minor=0)
    assert (terms.holds_until, terms.cancellable_until) == (None, None)


def test_no_tickets_come_to_nothing() -> None:
    assert terms_of([], offers={}, now=NOW).total == RefundShare(refund_minor=0, fee_minor=0)


def test_pauses_double_up_to_the_longest() -> None:
    pauses = Pauses(retry_s=5, look_again_s=60, longest_s=30, attempts_max=8)
    waits = [pauses.before_attempt(failed).total_seconds() for failed in (1, 2, 3, 4, 1000)]
    assert waits == [5, 10, 20, 30, 30]
    assert pauses.before_look(0).total_seconds() == 60  # the first one is never cut short
