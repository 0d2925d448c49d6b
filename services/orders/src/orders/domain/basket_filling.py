"""Turns holds and attendees into priced order lines, or says everything that does not fit.

Each fault names the path of its field. Prices come from the offers only, never from the buyer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from orders.domain.attendee import with_asked_pesels
from orders.domain.basket import (
    Attendee,
    AttendeesDoNotMatchSeats,
    CurrenciesDiffer,
    Fault,
    HeldSeat,
    Hold,
    HoldsOverlap,
    Line,
    TicketTypeUnknown,
    TooManySeats,
)
from orders.domain.offer import Offer

SeatKey: TypeAlias = tuple[UUID, str]
"""Event and seat: `seat_id`s are unique within their event only."""


@dataclass(frozen=True, slots=True)
class _HeldIn:
    hold: Hold
    seat: HeldSeat


def fill_basket(
    *, holds: Sequence[Hold], attendees: Sequence[Attendee], offers: Mapping[UUID, Offer]
) -> list[Line]:
    """Match attendees to held seats, price them and check who they are, in the order they were given.

    `offers` has every event of `holds`. Raises a BasketError that names each fault.
    """
    check_holds(holds)
    check_limits(holds=holds, offers=offers)
    seated = _seat_attendees(holds, attendees)
    return with_asked_pesels(_price(seated, offers), offers)


def check_holds(holds: Sequence[Hold]) -> None:
    """Every hold once and every seat in one hold only, else HoldsOverlap."""
    hold_ids, keys, faults = set[UUID](), set[SeatKey](), list[Fault]()
    for index, hold in enumerate(holds):
        seats = {(hold.event_id, seat.seat_id) for seat in hold.seats}
        if hold.hold_id in hold_ids or seats & keys:
            faults.append(
                Fault(field=f"hold_tokens.{index}", rule="its hold or a seat of it stands here twice")
            )
        hold_ids.add(hold.hold_id)
        keys |= seats
    if faults:
        raise HoldsOverlap("a hold or a seat stands in the basket twice", faults)


def check_limits(*, holds: Sequence[Hold], offers: Mapping[UUID, Offer]) -> None:
    """One currency for the basket; per event no more seats than its limit, over all holds."""
    currencies = sorted({offers[hold.event_id].currency for hold in holds})
    if len(currencies) > 1:
        fault = Fault(field="hold_tokens", rule=f"events are sold in {' and '.join(currencies)}")
        raise CurrenciesDiffer("one order is paid in one currency", [fault])
    if faults := list(_events_over_limit(holds, offers)):
        raise TooManySeats("more seats of an event than one order may have", faults)


def _events_over_limit(holds: Sequence[Hold], offers: Mapping[UUID, Offer]) -> Iterator[Fault]:
    for event_id in {hold.event_id: None for hold in holds}:
        seats = sum(len(hold.seats) for hold in holds if hold.event_id == event_id)
        seats_max = offers[event_id].seats_per_order_max
        if seats > seats_max:
            rule = f"event {event_id} allows {seats_max} seats in an order, the holds have {seats}"
            yield Fault(field="hold_tokens", rule=rule)


def _seat_attendees(holds: Sequence[Hold], attendees: Sequence[Attendee]) -> list[tuple[_HeldIn, Attendee]]:
    free = {(hold.event_id, seat.seat_id): _HeldIn(hold, seat) for hold in holds for seat in hold.seats}
    named = _by_seat_id(free.values())
    seated, faults = list[tuple[_HeldIn, Attendee]](), list[Fault]()
    for index, attendee in enumerate(attendees):
        meant = [held for held in named.get(attendee.seat_id, ()) if _may_mean(attendee, held.hold)]
        if len(meant) == 1 and free.pop((meant[0].hold.event_id, attendee.seat_id), None):
            seated.append((meant[0], attendee))
        else:
            faults.append(Fault(field=f"attendees.{index}.seat_id", rule=_misfit(attendee, len(meant))))
    faults += [Fault(field="attendees", rule=_missing(key)) for key in free]
    if faults:
        raise AttendeesDoNotMatchSeats("every held seat takes exactly one attendee", faults)
    return seated


def _by_seat_id(seats: Iterable[_HeldIn]) -> Mapping[str, list[_HeldIn]]:
    named = defaultdict[str, list[_HeldIn]](list)
    for held in seats:
        named[held.seat.seat_id].append(held)
    return named


def _may_mean(attendee: Attendee, hold: Hold) -> bool:
    return attendee.event_id in (None, hold.event_id) and attendee.hold_id in (None, hold.hold_id)


def _misfit(attendee: Attendee, seats_meant: int) -> str:
    if seats_meant == 0:
        return f"no hold of this order has seat {attendee.seat_id!r}"
    if seats_meant > 1:
        return f"seat {attendee.seat_id!r} is held in several events: name the event_id"
    return f"seat {attendee.seat_id!r} already has an attendee"


def _missing(key: SeatKey) -> str:
    event_id, seat_id = key
    return f"seat {seat_id!r} of event {event_id} has no attendee"


def _price(seated: Sequence[tuple[_HeldIn, Attendee]], offers: Mapping[UUID, Offer]) -> list[Line]:
    lines, faults = list[Line](), list[Fault]()
    for index, (held, attendee) in enumerate(seated):
        ticket_types = offers[held.hold.event_id].prices.get(held.seat.price_category, {})
        price_minor = ticket_types.get(attendee.ticket_type)
        if price_minor is None:
            rule = f"category {held.seat.price_category!r} sells {', '.join(ticket_types) or 'nothing'}"
            faults.append(Fault(field=f"attendees.{index}.ticket_type", rule=rule))
        else:
            lines.append(_line(held, attendee, price_minor))
    if faults:
        raise TicketTypeUnknown("the event sells no such ticket type for this seat", faults)
    return lines


def _line(held: _HeldIn, attendee: Attendee, price_minor: int) -> Line:
    return Line(
        hold_id=held.hold.hold_id,
        event_id=held.hold.event_id,
        seat_id=held.seat.seat_id,
        price_category=held.seat.price_category,
        ticket_type=attendee.ticket_type,
        price_minor=price_minor,
        attendee=attendee,
    )
