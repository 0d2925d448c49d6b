"""Equivalent seats take the place of those that were taken, once and only where they fit."""

from uuid import UUID, uuid4

import pytest

from orders.domain.order import Money, Order, OrderHold
from orders.domain.rights import OrderOwner
from orders.domain.seat_exchange import GivenSeats, GivenSeatsDoNotFit, not_exchanged_yet, with_seats
from orders.domain.states import OrderState

HAMLET, HOLD, OTHER, STRANGE = (UUID(int=n) for n in range(1, 5))
ORDER = Order(
    order_id=uuid4(),
    owner=OrderOwner(buyer_id="ada"),
    state=OrderState.FINALIZING,
    total=Money(amount_minor=0, currency="PLN"),
    version=2,
    holds=(
        OrderHold(hold_id=HOLD, event_id=HAMLET, seat_ids=("A-1", "A-2", "A-3")),
        OrderHold(hold_id=OTHER, event_id=HAMLET, seat_ids=("C-1",)),
    ),
)


def given(asked: str, instead: str, *, hold_id=HOLD) -> GivenSeats:
    return GivenSeats(hold_id=hold_id, asked=tuple(asked.split()), given=tuple(instead.split()))


def test_each_seat_is_replaced_by_the_one_given_for_it() -> None:
    after = with_seats(ORDER, [given("A-2 A-1", "B-7 B-8"), given("C-1", "C-2", hold_id=OTHER)])
    assert [hold.seat_ids for hold in after.holds] == [("B-8", "B-7", "A-3"), ("C-2",)]
    assert (after.total, after.state, after.version) == (ORDER.total, ORDER.state, ORDER.version)


def test_what_was_exchanged_before_is_not_exchanged_again() -> None:
    told = [given("A-1 A-2", "B-7 B-8")]
    assert not_exchanged_yet(ORDER, told) == told
    assert not_exchanged_yet(with_seats(ORDER, told), told) == []


@pytest.mark.parametrize(
    "unfit",
    [
        given("A-1", "B-1", hold_id=STRANGE),
        given("A-9", "B-1"),
        given("A-1 A-9", "B-1 B-2"),
        given("A-1 A-2", "B-1"),
        given("A-1 A-2", "B-1 B-1"),
        given("A-1 A-1", "B-1 B-2"),
        given("A-1", "A-2"),
    ],
    ids=str,
)
def test_seats_given_for_others_than_the_orders_are_a_contradiction(unfit: GivenSeats) -> None:
    with pytest.raises(GivenSeatsDoNotFit):
        not_exchanged_yet(ORDER, [unfit])
