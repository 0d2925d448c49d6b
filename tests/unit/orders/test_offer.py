"""Until when an order may be cancelled."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from orders.domain.offer import CancellationDeadlinePassed, Offer, check_cancellable
from orders.domain.states import OfferState

STARTS_AT = datetime(2026, 12, 1, 18, tzinfo=UTC)
DEADLINE_AT = STARTS_AT - timedelta(days=2)
MOMENT = timedelta(microseconds=1)


def offer(deadline: datetime | None = None, starts_at: datetime = STARTS_AT) -> Offer:
    return Offer(
        event_id=uuid4(),
        version=1,
        state=OfferState.PUBLISHED,
        title="Hamlet",
        starts_at=starts_at,
        ends_at=starts_at,
        cancellation_deadline_at=deadline,
        currency="PLN",
        prices={},
        seats_per_order_max=1,
        pesel_required=False,
    )


def test_an_order_may_be_cancelled_until_just_before_the_deadline() -> None:
    check_cancellable([offer(DEADLINE_AT)], DEADLINE_AT - MOMENT)

    with pytest.raises(CancellationDeadlinePassed, match="until 2026-11-29T18:00:00Z only"):
        check_cancellable([offer(DEADLINE_AT)], DEADLINE_AT)


def test_without_a_deadline_the_start_of_the_event_is_the_end() -> None:
    check_cancellable([offer()], STARTS_AT - MOMENT)

    with pytest.raises(CancellationDeadlinePassed):
        check_cancellable([offer()], STARTS_AT)


def test_every_event_of_the_order_must_still_allow_it() -> None:
    later = offer(starts_at=STARTS_AT + timedelta(days=9))

    with pytest.raises(CancellationDeadlinePassed) as raised:
        check_cancellable([later, offer(DEADLINE_AT)], DEADLINE_AT)

    assert DEADLINE_AT == raised.value.deadline_at
