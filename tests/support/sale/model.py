"""The promises in plain Python: what becomes of seats and holds, without locks, clocks or messages lost.

It is told what happens in the same order as the real services and says what must come of it.
`sold_to` of a seat is an order; `holder` is the hold that still has a claim on it, lapsed or not.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Key = tuple[str, str]
"""An event and one of its seats."""
HoldState = Literal["active", "confirmed", "released", "expired"]


@dataclass
class ModelHold:
    hold_id: str
    event_id: str
    buyer: str
    seat_ids: list[str]
    state: HoldState = "active"
    lapsed: bool = False
    renewals_left: int = 2
    ordered: bool = False
    tokens: list[tuple[str, tuple[str, ...]]] = field(
        default_factory=list[tuple[str, tuple[str, ...]]], repr=False
    )
    """Every token given out for it, with the seats it states: old ones stay in buyers' hands."""

    @property
    def is_live(self) -> bool:
        return self.state == "active" and not self.lapsed


@dataclass
class ModelSeat:
    holder: ModelHold | None = None
    sold_to: str | None = None
    blocked: bool = False

    @property
    def is_free(self) -> bool:
        return not self.blocked and not self.sold_to and (self.holder is None or self.holder.lapsed)

    def clear(self) -> None:
        self.holder, self.sold_to, self.blocked = None, None, False


class SaleModel:
    """Every seat, hold and answer of the reservation service, as it ought to be."""

    def __init__(self, seats: Iterable[Key]) -> None:
        self.seats = {key: ModelSeat() for key in seats}
        self.holds: dict[str, ModelHold] = {}
        self.cancelled: set[str] = set()
        self.answers: dict[str, bool] = {}
        """By order: whether its holds were confirmed. Given once, repeated for ever."""
        self._seen: set[tuple[str, str]] = set()

    @property
    def live_holds(self) -> list[ModelHold]:
        return [hold for hold in self.holds.values() if hold.is_live]

    # What buyers and organizers do

    def taken(self, event_id: str, seat_ids: Iterable[str]) -> list[str]:
        return sorted(seat for seat in seat_ids if not self.seats[event_id, seat].is_free)

    def place(self, hold: ModelHold) -> None:
        self.holds[hold.hold_id] = hold
        for key in self._keys(hold):
            self.seats[key].clear()
            self.seats[key].holder = hold

    def release(self, hold: ModelHold) -> None:
        hold.state = "released"
        self._let_go(hold, hold.seat_ids)

    def release_seat(self, hold: ModelHold, seat_id: str) -> None:
        self._let_go(hold, [seat_id])
        hold.seat_ids.remove(seat_id)
        if not hold.seat_ids:
            hold.state = "released"

    def lapse(self, hold: ModelHold) -> None:
        hold.lapsed = True

    def block(self, event_id: str, seat_ids: Iterable[str], *, blocked: bool) -> None:
        for seat_id in seat_ids:
            self.seats[event_id, seat_id].clear()
            self.seats[event_id, seat_id].blocked = blocked

    # What jobs do

    def sweep(self) -> None:
        for hold in self.holds.values():
            if hold.state == "active" and hold.lapsed:
                hold.state = "expired"
                self._let_go(hold, hold.seat_ids)

    def release_cancelled(self) -> None:
        for hold in self.holds.values():
            if hold.state == "active" and hold.event_id in self.cancelled:
                self.release(hold)

    # What messages do

    def hear(self, *, consumer: str, message_id: str, message_type: str, data: dict[str, Any]) -> None:
        """A message that was handled before has no effect."""
        if (consumer, message_id) in self._seen:
            return
        self._seen.add((consumer, message_id))
        match consumer, message_type:
            case "reservation.events", "catalog.event_cancelled.v1":
                self.cancelled.add(data["event_id"])
            case "reservation.commands", "reservation.confirm_holds.v1":
                self._confirm(data["order_id"], data["holds"])
            case "reservation.commands", "reservation.release_holds.v1":
                self._release_all(data["hold_ids"])
            case "reservation.commands", "reservation.release_seats.v1":
                self._unsell(data["order_id"])
            case _:
                pass

    def _confirm(self, order_id: str, asked: list[dict[str, Any]]) -> None:
        if order_id in self.answers:
            return
        self.answers[order_id] = self._may_sell(asked)
        if self.answers[order_id]:
            for part in asked:
                hold = self.holds[part["hold_id"]]
                hold.state = "confirmed"
                for key in self._keys(hold):
                    self.seats[key].holder, self.seats[key].sold_to = hold, order_id

    def _may_sell(self, asked: list[dict[str, Any]]) -> bool:
        times = Counter((part["event_id"], seat) for part in asked for seat in part["seat_ids"])
        return all(
            (hold := self.holds[part["hold_id"]]).state in ("active", "expired")
            and part["event_id"] not in self.cancelled
            and set(part["seat_ids"]) == set(hold.seat_ids)
            and all(self._is_claimable(key, hold) and times[key] == 1 for key in self._keys(hold))
            for part in asked
        )

    def _is_claimable(self, key: Key, hold: ModelHold) -> bool:
        seat = self.seats[key]
        return seat.is_free or (seat.holder is hold and not seat.sold_to)

    def _release_all(self, hold_ids: list[str]) -> None:
        for hold_id in hold_ids:
            if self.holds[hold_id].state == "active":
                self.release(self.holds[hold_id])

    def _unsell(self, order_id: str) -> None:
        for seat in self.seats.values():
            if seat.sold_to == order_id:
                seat.clear()

    def _keys(self, hold: ModelHold) -> list[Key]:
        return [(hold.event_id, seat_id) for seat_id in hold.seat_ids]

    def _let_go(self, hold: ModelHold, seat_ids: Iterable[str]) -> None:
        for seat_id in list(seat_ids):
            seat = self.seats[hold.event_id, seat_id]
            if seat.holder is hold:
                seat.clear()
