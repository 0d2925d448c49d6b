"""From holds and attendees to priced lines, or to every fault by its field."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from orders.domain.basket import (
    Attendee,
    AttendeesDoNotMatchSeats,
    BasketError,
    CurrenciesDiffer,
    HeldSeat,
    Hold,
    HoldsOverlap,
    TicketTypeUnknown,
    TooManySeats,
)
from orders.domain.basket_filling import fill_basket
from orders.domain.offer import Offer
from orders.domain.states import OfferState

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
HAMLET, MACBETH = uuid4(), uuid4()


def offer(event_id: UUID = HAMLET, **changes: Any) -> Offer:
    details: dict[str, Any] = {
        "version": 1,
        "state": OfferState.PUBLISHED,
        "title": "Hamlet",
        "starts_at": NOW,
        "ends_at": NOW,
        "cancellation_deadline_at": None,
        "currency": "PLN",
        "prices": {"Stalls": {"adult": 4500, "child": 2000}, "Balcony": {"adult": 3000}},
        "seats_per_order_max": 4,
        "pesel_required": False,
    }
    return Offer(event_id=event_id, **(details | changes))


OFFERS = {HAMLET: offer(), MACBETH: offer(MACBETH)}


def hold(*seats: str, event_id: UUID = HAMLET, category: str = "Stalls", hold_id: UUID | None = None) -> Hold:
    return Hold(
        hold_id=hold_id or uuid4(),
        event_id=event_id,
        expires_at=NOW,
        seats=tuple(HeldSeat(seat_id=seat, price_category=category) for seat in seats),
    )


def attendee(seat_id: str, ticket_type: str = "adult", **named: Any) -> Attendee:
    return Attendee(seat_id=seat_id, ticket_type=ticket_type, first_name="Ada", last_name="L", **named)


def faults(
    error: type[BasketError], holds: list[Hold], people: list[Attendee], offers: Any = OFFERS
) -> list[tuple[str, str]]:
    with pytest.raises(error) as raised:
        fill_basket(holds=holds, attendees=people, offers=offers)
    return [(fault.field, fault.rule) for fault in raised.value.faults]


def test_each_seat_gets_the_price_of_its_category_and_ticket_type() -> None:
    holds = [hold("A-1", "A-2"), hold("B-1", category="Balcony")]
    people = [attendee("B-1"), attendee("A-2", "child"), attendee("A-1")]

    lines = fill_basket(holds=holds, attendees=people, offers=OFFERS)

    assert [("B-1", 3000), ("A-2", 2000), ("A-1", 4500)] == [(x.seat_id, x.price_minor) for x in lines]
    assert [holds[1].hold_id, holds[0].hold_id, holds[0].hold_id] == [x.hold_id for x in lines]


def test_a_seat_without_an_attendee_is_named() -> None:
    expected = [("attendees", f"seat 'A-2' of event {HAMLET} has no attendee")]
    assert expected == faults(AttendeesDoNotMatchSeats, [hold("A-1", "A-2")], [attendee("A-1")])


def test_an_attendee_without_a_held_seat_is_named() -> None:
    expected = [("attendees.1.seat_id", "no hold of this order has seat 'Z-9'")]
    assert expected == faults(AttendeesDoNotMatchSeats, [hold("A-1")], [attendee("A-1"), attendee("Z-9")])


def test_two_attendees_for_one_seat_are_named() -> None:
    expected = [("attendees.1.seat_id", "seat 'A-1' already has an attendee")]
    assert expected == faults(AttendeesDoNotMatchSeats, [hold("A-1")], [attendee("A-1"), attendee("A-1")])


def test_all_faults_are_told_at_once() -> None:
    found = faults(AttendeesDoNotMatchSeats, [hold("A-1", "A-2")], [attendee("X"), attendee("Y")])
    assert ["attendees.0.seat_id", "attendees.1.seat_id", "attendees", "attendees"] == [f for f, _ in found]


def test_a_seat_id_held_in_two_events_needs_its_event_named() -> None:
    holds = [hold("A-1"), hold("A-1", event_id=MACBETH)]

    expected = ("attendees.0.seat_id", "seat 'A-1' is held in several events: name the event_id")
    assert expected in faults(AttendeesDoNotMatchSeats, holds, [attendee("A-1")])

    named = [attendee("A-1", event_id=MACBETH), attendee("A-1", hold_id=holds[0].hold_id)]
    lines = fill_basket(holds=holds, attendees=named, offers=OFFERS)
    assert [MACBETH, HAMLET] == [line.event_id for line in lines]


def test_an_attendee_of_another_event_does_not_get_the_seat() -> None:
    found = faults(AttendeesDoNotMatchSeats, [hold("A-1")], [attendee("A-1", event_id=MACBETH)])
    assert ("attendees.0.seat_id", "no hold of this order has seat 'A-1'") in found


def test_a_ticket_type_not_sold_in_the_category_is_named_with_those_that_are() -> None:
    expected = [("attendees.0.ticket_type", "category 'Balcony' sells adult")]
    assert expected == faults(
        TicketTypeUnknown, [hold("B-1", category="Balcony")], [attendee("B-1", "child")]
    )


def test_the_fault_of_a_ticket_type_names_the_attendee_it_was_sent_with() -> None:
    people = [attendee("A-1"), attendee("A-2", "senior")]
    found = faults(TicketTypeUnknown, [hold("A-1", "A-2")], people)
    assert ["attendees.1.ticket_type"] == [field for field, _ in found]


def test_a_category_the_event_does_not_price_sells_nothing() -> None:
    expected = [("attendees.0.ticket_type", "category 'Box' sells nothing")]
    assert expected == faults(TicketTypeUnknown, [hold("C-1", category="Box")], [attendee("C-1")])


def test_the_limit_of_an_event_counts_over_all_holds_of_the_basket() -> None:
    holds = [hold("A-1", "A-2", "A-3"), hold("A-4", "A-5")]
    found = faults(TooManySeats, holds, [attendee("A-1")])
    assert [("hold_tokens", f"event {HAMLET} allows 4 seats in an order, the holds have 5")] == found


def test_the_limit_is_each_events_own() -> None:
    holds = [hold("A-1", "A-2", "A-3"), hold("A-1", "A-2", event_id=MACBETH)]
    people = [attendee(seat.seat_id, event_id=h.event_id) for h in holds for seat in h.seats]
    assert len(people) == len(fill_basket(holds=holds, attendees=people, offers=OFFERS))


def test_two_currencies_make_no_order() -> None:
    offers = {HAMLET: offer(), MACBETH: offer(MACBETH, currency="EUR")}
    holds = [hold("A-1"), hold("A-1", event_id=MACBETH)]
    assert [("hold_tokens", "events are sold in EUR and PLN")] == faults(CurrenciesDiffer, holds, [], offers)


def test_one_hold_given_twice_is_refused() -> None:
    one = hold("A-1")
    assert ["hold_tokens.1"] == [field for field, _ in faults(HoldsOverlap, [one, one], [attendee("A-1")])]


def test_one_seat_in_two_holds_is_refused() -> None:
    found = faults(HoldsOverlap, [hold("A-1"), hold("A-1", "A-2")], [attendee("A-1")])
    assert ["hold_tokens.1"] == [field for field, _ in found]
