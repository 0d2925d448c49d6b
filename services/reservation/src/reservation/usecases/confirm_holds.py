"""Sell the seats of an order's holds, all of them or none, and answer the same however often asked.

A hold is confirmed while each of its seats still carries it, expired or not, or is free: a buyer
who paid late keeps the seats nobody else claimed. When the answer was given so long ago that it and the
holds are forgotten, the seats still know: they are sold to the order, or they are not.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chassis.database import Transaction
from messages.reservation import ConfirmHolds, EventSeats, HeldSeats, HoldsConfirmed, HoldsRefused
from reservation.domain.holds import HoldState
from reservation.storage.confirmations import open_confirmation, store_refusal, stored_refusal
from reservation.storage.events import ON_SALE, lock_events_for_claim, mark_changed
from reservation.storage.holds import StoredHold, end_holds, find_holds, lock_holds
from reservation.storage.outbox import OUTBOX
from reservation.storage.seats import LockedSeat, SeatKey, lock_seats, sell_seats

Reason = Literal["hold_released", "seats_taken", "event_cancelled", "hold_unknown"]


@dataclass(frozen=True, slots=True)
class _Claims:
    """Everything the decision depends on, locked; a seat asked for by two holds is nobody's."""

    events: Mapping[UUID, str]
    seats: Mapping[SeatKey, LockedSeat]
    holds: Mapping[UUID, StoredHold]
    times_asked: Mapping[SeatKey, int]


async def confirm_holds(tx: Transaction, *, command: ConfirmHolds) -> None:
    """Answers with HoldsConfirmed or HoldsRefused."""
    if not await open_confirmation(tx, order_id=command.order_id):
        await _answer_again(tx, order_id=command.order_id)
        return
    claims = await _lock_claims(tx, command)
    if _is_sold_already(command, claims):
        await OUTBOX.enqueue(tx, HoldsConfirmed(order_id=command.order_id))
        return
    refusal = _judge(command, claims)
    if refusal is None:
        await _sell(tx, command)
        await OUTBOX.enqueue(tx, HoldsConfirmed(order_id=command.order_id))
    else:
        await store_refusal(tx, order_id=command.order_id, refusal=refusal.model_dump(mode="json"))
        await OUTBOX.enqueue(tx, refusal)


async def _answer_again(tx: Transaction, *, order_id: UUID) -> None:
    refusal = await stored_refusal(tx, order_id=order_id)
    answer = HoldsConfirmed(order_id=order_id) if refusal is None else HoldsRefused.model_validate(refusal)
    await OUTBOX.enqueue(tx, answer)


async def _lock_claims(tx: Transaction, command: ConfirmHolds) -> _Claims:
    hold_ids = [asked.hold_id for asked in command.holds]
    asked = Counter((hold.event_id, seat_id) for hold in command.holds for seat_id in hold.seat_ids)
    found = await find_holds(tx, hold_ids=hold_ids)
    granted = {seat for stored in found.values() for seat in stored.granted_seats}
    events = await lock_events_for_claim(tx, event_ids=[event_id for event_id, _ in granted | asked.keys()])
    seats = await lock_seats(tx, granted | asked.keys())
    return _Claims(events, seats, await lock_holds(tx, hold_ids=hold_ids), asked)


def _is_sold_already(command: ConfirmHolds, claims: _Claims) -> bool:
    """Whether every seat asked for is sold to this very order; they were confirmed, long ago."""
    seats = [claims.seats.get(key) for key in claims.times_asked]
    return all(seat is not None and seat.order_id == command.order_id for seat in seats)


def _judge(command: ConfirmHolds, claims: _Claims) -> HoldsRefused | None:
    """The refusal, for the first reason found, with the seats lost for it; None to confirm."""
    for reason, lost_of in _CHECKS:
        losses = [(asked.event_id, lost_of(asked, claims)) for asked in command.holds]
        lost = [
            EventSeats(event_id=event_id, seat_ids=seats) for event_id, seats in losses if seats is not None
        ]
        if lost:
            return HoldsRefused(order_id=command.order_id, reason=reason, lost_seats=tuple(lost))
    return None


def _lost_as_unknown(asked: HeldSeats, claims: _Claims) -> tuple[str, ...] | None:
    stored = claims.holds.get(asked.hold_id)
    return asked.seat_ids if stored is None or stored.hold.event_id != asked.event_id else None


def _lost_with_event(asked: HeldSeats, claims: _Claims) -> tuple[str, ...] | None:
    return asked.seat_ids if claims.events.get(asked.event_id) != ON_SALE else None


def _lost_by_release(asked: HeldSeats, claims: _Claims) -> tuple[str, ...] | None:
    hold = claims.holds[asked.hold_id].hold
    if hold.state is HoldState.RELEASED:
        return asked.seat_ids
    if set(asked.seat_ids) == set(hold.seat_ids):
        return None
    return tuple(seat_id for seat_id in asked.seat_ids if seat_id not in hold.seat_ids)


def _lost_to_others(asked: HeldSeats, claims: _Claims) -> tuple[str, ...] | None:
    if claims.holds[asked.hold_id].hold.state is HoldState.CONFIRMED:
        return asked.seat_ids
    lost = [seat_id for seat_id in asked.seat_ids if not _is_claimable(asked, seat_id, claims)]
    return tuple(lost) or None


def _is_claimable(asked: HeldSeats, seat_id: str, claims: _Claims) -> bool:
    key = (asked.event_id, seat_id)
    seat = claims.seats[key]
    is_ours = seat.state == "held" and seat.hold_id == asked.hold_id
    return claims.times_asked[key] == 1 and (is_ours or seat.is_free)


_Lost = Callable[[HeldSeats, _Claims], tuple[str, ...] | None]
_CHECKS: Sequence[tuple[Reason, _Lost]] = (
    ("hold_unknown", _lost_as_unknown),
    ("event_cancelled", _lost_with_event),
    ("hold_released", _lost_by_release),
    ("seats_taken", _lost_to_others),
)


async def _sell(tx: Transaction, command: ConfirmHolds) -> None:
    seats = [
        (asked.event_id, seat_id, asked.hold_id) for asked in command.holds for seat_id in asked.seat_ids
    ]
    await sell_seats(tx, seats, order_id=command.order_id)
    hold_ids = [asked.hold_id for asked in command.holds]
    await end_holds(tx, hold_ids=hold_ids, state=HoldState.CONFIRMED, order_id=command.order_id)
    await mark_changed(tx, event_ids=[asked.event_id for asked in command.holds])
