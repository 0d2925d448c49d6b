"""How tickets are counted by person."""

import pytest

from orders.domain.person_limit import COUNTED_STATES, PersonLimitReached, PersonSeat, number_tickets
from orders.domain.states import MOVES, OrderState


def seats(*people: str, tickets_max: int = 2) -> list[PersonSeat]:
    return [
        PersonSeat(person=person, tickets_max=tickets_max, field=f"attendees.{index}.pesel")
        for index, person in enumerate(people)
    ]


def test_each_ticket_of_a_person_gets_the_next_free_number() -> None:
    tickets = number_tickets(seats=seats("ada", "bob", "ada", tickets_max=4), taken={"ada": {1, 3}})

    assert [(ticket.person, ticket.number) for ticket in tickets] == [("ada", 2), ("bob", 1), ("ada", 4)]


def test_the_seats_beyond_the_limit_are_named_and_the_person_is_not() -> None:
    with pytest.raises(PersonLimitReached) as refusal:
        number_tickets(seats=seats("ada", "bob", "ada"), taken={"ada": {2}})

    assert [fault.field for fault in refusal.value.faults] == ["attendees.2.pesel"]
    assert "ada" not in f"{refusal.value} {refusal.value.faults}"


def test_a_number_beyond_a_lowered_limit_counts_too() -> None:
    with pytest.raises(PersonLimitReached):
        number_tickets(seats=seats("ada", tickets_max=1), taken={"ada": {5}})


def test_only_a_late_finalization_makes_an_order_count_again() -> None:
    """`steps.finalize` counts it again: another way back would go round the limit."""
    back = {
        (before, after) for before, after in MOVES if before not in COUNTED_STATES and after in COUNTED_STATES
    }

    assert back == {(OrderState.EXPIRED, OrderState.FINALIZING)}
