"""Equivalent seats, given to an order instead of some that others had claimed by the time it was paid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from orders.domain.order import Order, OrderHold


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenSeats:
    """What reservation gave for seats of one hold: `given[n]` instead of `asked[n]`."""

    hold_id: UUID
    asked: tuple[str, ...]
    given: tuple[str, ...]


class GivenSeatsDoNotFit(Exception):
    """Reservation gave seats for others than those the order has of hold {hold_id}."""

    def __init__(self, hold_id: UUID) -> None:
        super().__init__(f"reservation gave seats for others than those the order has of hold {hold_id}")


def not_exchanged_yet(order: Order, given: Sequence[GivenSeats]) -> list[GivenSeats]:
    """What of it is not known to the order: all, or, told again, nothing. Raises GivenSeatsDoNotFit."""
    holds = {hold.hold_id: hold for hold in order.holds}
    new: list[GivenSeats] = []
    for each in given:
        seats = set(holds[each.hold_id].seat_ids) if each.hold_id in holds else set[str]()
        asked, instead = set(each.asked), set(each.given)
        fits = len(each.asked) == len(each.given) == len(asked) == len(instead)
        if fits and asked <= seats and not instead & seats:
            new.append(each)
        elif not fits or asked & seats or not instead <= seats:
            raise GivenSeatsDoNotFit(each.hold_id)
    return new


def pairs_of(given: Sequence[GivenSeats]) -> list[tuple[UUID, str, str]]:
    """Hold, seat asked for and seat given instead, one by one."""
    return [
        (each.hold_id, old, new) for each in given for old, new in zip(each.asked, each.given, strict=True)
    ]


def with_seats(order: Order, given: Sequence[GivenSeats]) -> Order:
    """The order with the seats it was given."""
    instead = {(hold_id, old): new for hold_id, old, new in pairs_of(given)}

    def of(hold: OrderHold) -> OrderHold:
        seat_ids = tuple(instead.get((hold.hold_id, seat), seat) for seat in hold.seat_ids)
        return replace(hold, seat_ids=seat_ids)

    return replace(order, holds=tuple(of(hold) for hold in order.holds))
