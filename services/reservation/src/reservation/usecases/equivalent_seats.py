"""Other seats for an order whose own were claimed: what it may be given, and what it was given."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from chassis.database import Transaction
from messages.reservation import ConfirmHolds, GivenSeats, HeldSeats
from reservation.domain.equivalents import WantedSeats, choose_equivalents, pair_seats
from reservation.domain.holds import HoldState
from reservation.domain.seat_map import SeatMap
from reservation.storage.equivalents import places_and_sales, plans_of_events, read_status_on_sale, take_turns
from reservation.storage.geometries import Geometries
from reservation.storage.seats import SeatKey
from reservation.usecases.claims import Claims, taken_seats

_random = Random()


@dataclass(frozen=True, slots=True)
class Exchange:
    """By hold, which seat is given for which; nothing of holds and seats that stay."""

    given: Mapping[UUID, Mapping[str, str]] = field(default_factory=dict)

    def applied_to(self, holds: Sequence[HeldSeats]) -> list[HeldSeats]:
        """The holds with the seats they would be confirmed with."""
        return [
            each.model_copy(
                update={"seat_ids": tuple(self._of(each).get(seat, seat) for seat in each.seat_ids)}
            )
            for each in holds
        ]

    def new_seats(self, holds: Sequence[HeldSeats]) -> list[SeatKey]:
        """The seats given instead of others."""
        return [(each.event_id, seat) for each in holds for seat in self._of(each).values()]

    def seats_left_behind(self, holds: Sequence[HeldSeats], claims: Claims) -> list[SeatKey]:
        """The seats given up although they still carry their hold: the rest of it moved."""
        left = [(each.hold_id, (each.event_id, seat)) for each in holds for seat in self._of(each)]
        return [key for hold_id, key in left if claims.carries(hold_id, key)]

    def told(self, holds: Sequence[HeldSeats]) -> tuple[GivenSeats, ...]:
        """What the order is told, in the order it asked in."""
        return tuple(_given_seats(each, self._of(each)) for each in holds if self._of(each))

    def _of(self, each: HeldSeats) -> Mapping[str, str]:
        return self.given.get(each.hold_id, {})


async def find_equivalents(
    tx: Transaction, *, command: ConfirmHolds, claims: Claims, geometries: Geometries, anywhere: bool
) -> Exchange | None:
    """Seats that are free by now for those that are not in `claims`; None when there are not enough.

    Call it without the lock of any seat. Orders that lost seats of an event take turns until they commit,
    so one that is told that there is nothing can know that no other is just giving something up.
    """
    if any(stored.hold.state is HoldState.CONFIRMED for stored in claims.holds.values()):
        return None  # another order has it: nothing was lost, something is wrong
    plans = await plans_of_events(tx, event_ids={each.event_id for each in command.holds})
    for plan in plans.values():  # read before it is our turn: a large one takes a while
        await geometries.of_plan(plan, connect=lambda: nullcontext(tx))
    await take_turns(tx, event_ids=plans)
    lost = taken_seats(command.holds, claims)
    given: dict[UUID, dict[str, str]] = {}
    for event_id, wanted in _wanted(command.holds, lost).items():
        status = await read_status_on_sale(tx, event_id=event_id)
        if status is None:
            return None
        geometry = await geometries.of_plan(plans[event_id], connect=lambda: nullcontext(tx))
        chosen = choose_equivalents(wanted, SeatMap(geometry, status), random=_random, anywhere=anywhere)
        if chosen is None:
            return None
        given |= chosen
    return Exchange(given)


async def given_long_ago(tx: Transaction, *, command: ConfirmHolds) -> tuple[GivenSeats, ...] | None:
    """What an order was given whose holds and answer are forgotten, as its seats tell; None if it was not."""
    asked = {(each.event_id, seat) for each in command.holds for seat in each.seat_ids}
    seats = await places_and_sales(
        tx,
        order_id=command.order_id,
        event_ids={event_id for event_id, _ in asked},
        seat_ids={seat_id for _, seat_id in asked},
    )
    places = {(seat.event_id, seat.seat_id): (seat.price_category, seat.position) for seat in seats}
    sold = defaultdict[UUID | None, set[str]](set)
    for seat in seats:
        sold[seat.sold_for_hold_id].add(seat.seat_id)
    if any(len(sold[each.hold_id]) != len(each.seat_ids) for each in command.holds):
        return None
    exchange = Exchange(
        {
            each.hold_id: pair_seats(
                asked=each.seat_ids,
                given=sold[each.hold_id],
                place_of=lambda seat, event_id=each.event_id: places[event_id, seat],
            )
            for each in command.holds
        }
    )
    return exchange.told(command.holds)


def _wanted(holds: Iterable[HeldSeats], lost: Mapping[UUID, Sequence[str]]) -> dict[UUID, list[WantedSeats]]:
    """By event in which something was lost, everything the order wants of it."""
    wanted = defaultdict[UUID, list[WantedSeats]](list)
    for each in holds:
        seats_lost = frozenset(lost.get(each.hold_id, ()))
        wanted[each.event_id].append(WantedSeats(each.hold_id, each.seat_ids, seats_lost))
    return {event_id: all_of_it for event_id, all_of_it in wanted.items() if any(w.lost for w in all_of_it)}


def _given_seats(asked: HeldSeats, given: Mapping[str, str]) -> GivenSeats:
    gone = tuple(seat for seat in asked.seat_ids if seat in given)
    return GivenSeats(
        hold_id=asked.hold_id, event_id=asked.event_id, asked=gone, given=tuple(given[seat] for seat in gone)
    )
