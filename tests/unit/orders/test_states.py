"""The state machine of an order, as plain Python."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from orders.domain.order import SETTLED_STATES, Change, Money, Order
from orders.domain.rights import OrderOwner
from orders.domain.saga import EFFECTS, AnswerContradictsOrder, Effect, Trigger, effect_of
from orders.domain.states import MOVES, STAYS, Actor, MoveNotAllowed, OrderState, Reason

S = OrderState
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def order_in(state: OrderState) -> Order:
    return Order(
        order_id=uuid4(),
        owner=OrderOwner(buyer_id="ada"),
        state=state,
        total=Money(amount_minor=0, currency="PLN"),
        version=3,
        holds=(),
    )


def change_to(state: OrderState, reason: Reason) -> Change:
    return Change(state=state, reason=reason, actor=Actor.BUYER, at=NOW)


def test_a_legal_move_changes_the_state_and_counts_the_version() -> None:
    moved = order_in(S.FINALIZING).moved(change_to(S.CONFIRMED, Reason.SEATS_SOLD))

    assert (S.CONFIRMED, 4) == (moved.state, moved.version)


def test_a_move_for_the_wrong_reason_is_refused() -> None:
    with pytest.raises(MoveNotAllowed, match="from finalizing to confirmed because of hold_expired"):
        order_in(S.FINALIZING).moved(change_to(S.CONFIRMED, Reason.HOLD_EXPIRED))


def test_every_move_that_is_not_named_is_refused() -> None:
    for before in S:
        for after in S:
            for reason in Reason:
                if reason in MOVES.get((before, after), ()):
                    continue
                with pytest.raises(MoveNotAllowed):
                    order_in(before).moved(change_to(after, reason))


def test_an_order_changes_hands_in_any_state_and_stays_there() -> None:
    for state in S:
        guest_order = order_in(state)
        claimed = guest_order.handed_over(
            OrderOwner(buyer_id="bob"), change_to(state, Reason.CLAIMED_BY_BUYER)
        )
        assert (state, 4, "bob") == (claimed.state, claimed.version, claimed.owner.buyer_id)


def test_nothing_but_a_change_of_owner_leaves_the_state_alone() -> None:
    order = order_in(S.FINALIZING)
    for reason in set(Reason) - STAYS:
        with pytest.raises(MoveNotAllowed):
            order.handed_over(order.owner, change_to(S.FINALIZING, reason))
    with pytest.raises(MoveNotAllowed):
        order.handed_over(order.owner, change_to(S.CONFIRMED, Reason.CLAIMED_BY_BUYER))


@pytest.mark.parametrize("state", [S.CANCELLED, S.REFUNDED])
def test_a_cancelled_or_refunded_order_goes_nowhere(state: OrderState) -> None:
    assert [] == [move for move in MOVES if move[0] is state]


def test_every_state_but_the_first_can_be_reached() -> None:
    assert set(S) - {S.AWAITING_PAYMENT} == {after for _, after in MOVES}


def test_an_order_that_waits_for_reservation_is_not_settled() -> None:
    assert set(S) - SETTLED_STATES == {S.FINALIZING, S.CANCELLING}


def test_every_pair_of_trigger_and_state_has_an_effect() -> None:
    assert set(EFFECTS) == {(trigger, state) for trigger in Trigger for state in S}


def test_captured_money_finalizes_the_order_or_goes_back_in_every_state() -> None:
    assert {EFFECTS[Trigger.CAPTURE, state] for state in S} == {Effect.FINALIZE, Effect.REFUND}


def test_seats_sold_to_an_order_that_is_over_go_back() -> None:
    for state in (S.CANCELLED, S.REFUNDED, S.EXPIRED):
        assert EFFECTS[Trigger.HOLDS_CONFIRMED, state] in (Effect.GIVE_BACK, Effect.RECALL)


def test_an_answer_that_contradicts_the_tickets_is_raised_and_not_guessed_at() -> None:
    with pytest.raises(AnswerContradictsOrder, match="holds_refused for an order that is confirmed"):
        effect_of(Trigger.HOLDS_REFUSED, S.CONFIRMED)
