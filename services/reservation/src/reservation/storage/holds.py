"""The rows of holds. Last in the lock order, by hold_id; `locked_holds` takes all three steps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Snapshot, Transaction
from chassis.statements import Statement, at_once
from reservation.domain.errors import HoldNotFound
from reservation.domain.holds import Hold, HoldState
from reservation.metrics import holds_ended
from reservation.storage.events import ON_SALE, ask_to_lock_events_for_claim, events_for_claim
from reservation.storage.seats import (
    EXTEND_SEATS,
    LockedSeat,
    SeatKey,
    ask_to_lock_seats,
    seats_locked,
)

_HOLDS = """
    SELECT hold_id, event_id, buyer_id, seat_ids, released_seat_ids, given_seat_ids, state, placed_at,
      expires_at, renewals, order_id, clock_timestamp() AS now
    FROM reservation.holds WHERE hold_id = ANY (:hold_ids) ORDER BY hold_id
"""
FIND_HOLDS = Statement(_HOLDS)
LOCK_HOLDS = Statement(f"{_HOLDS} FOR NO KEY UPDATE")


@dataclass(frozen=True, slots=True)
class StoredHold:
    """A hold with every seat it ever had and the database's time it was read at."""

    hold: Hold
    granted_seat_ids: tuple[str, ...]
    order_id: UUID | None
    now: datetime

    @property
    def granted_seats(self) -> list[SeatKey]:
        return [(self.hold.event_id, seat_id) for seat_id in self.granted_seat_ids]


@dataclass(frozen=True, slots=True)
class LockedHold:
    """A hold that nothing else can change now, with the seats whose rows still carry it."""

    hold: Hold
    now: datetime
    event_on_sale: bool
    carried_seat_ids: frozenset[str]

    @property
    def has_every_seat(self) -> bool:
        return self.carried_seat_ids >= set(self.hold.seat_ids)


async def find_holds(connection: Snapshot, *, hold_ids: Iterable[UUID]) -> dict[UUID, StoredHold]:
    """Those that exist, unlocked."""
    found = await FIND_HOLDS.run(connection, hold_ids=list(hold_ids))
    return {row["hold_id"]: _stored_hold(row) for row in await found.all()}


@dataclass(frozen=True, slots=True)
class Claims:
    """What stands between somebody and seats: events by status, seats and holds. Locked, they stay as they
    are until the transaction ends.
    """

    events: Mapping[UUID, str]
    seats: Mapping[SeatKey, LockedSeat]
    holds: Mapping[UUID, StoredHold]

    def carries(self, hold_id: UUID, key: SeatKey) -> bool:
        """Whether the seat is still held by this hold, expired or not."""
        seat = self.seats[key]
        return seat.state == "held" and seat.hold_id == hold_id


async def lock_claims(
    tx: Transaction, *, event_ids: Iterable[UUID], seats: Iterable[SeatKey], hold_ids: Iterable[UUID]
) -> Claims:
    """Wait for and lock what of these exists, in the global order: events, seats, holds."""
    async with at_once(tx):
        events = await ask_to_lock_events_for_claim(tx, event_ids=event_ids)
        locked_seats = await ask_to_lock_seats(tx, seats)
        holds = await LOCK_HOLDS.run(tx, hold_ids=list(hold_ids))
    return Claims(
        events=await events_for_claim(events),
        seats=await seats_locked(locked_seats),
        holds={row["hold_id"]: _stored_hold(row) for row in await holds.all()},
    )


async def locked_holds(tx: Transaction, *, hold_ids: Iterable[UUID]) -> dict[UUID, LockedHold]:
    """Lock the events, the seats and the holds, in this order; unknown ids are left out."""
    # Which seats a hold ever had never changes, so an unlocked read says which to lock.
    found = await find_holds(tx, hold_ids=hold_ids)
    claims = await lock_claims(
        tx,
        event_ids=[stored.hold.event_id for stored in found.values()],
        seats=[seat for stored in found.values() for seat in stored.granted_seats],
        hold_ids=found,
    )
    carried: dict[UUID | None, set[str]] = {}
    for (_, seat_id), seat in claims.seats.items():
        carried.setdefault(seat.hold_id if seat.state == "held" else None, set()).add(seat_id)
    return {
        hold_id: LockedHold(
            hold=stored.hold,
            now=stored.now,
            event_on_sale=claims.events[stored.hold.event_id] == ON_SALE,
            carried_seat_ids=frozenset(carried.get(hold_id, ())),
        )
        for hold_id, stored in claims.holds.items()
    }


FIRST_EXPIRY = text(
    """
    SELECT extract(epoch FROM min(expires_at) - clock_timestamp())::float8 FROM reservation.holds
    WHERE event_id = :event_id AND counted_as = :counted_as AND state = 'active'
      AND expires_at > clock_timestamp()
    """
)


async def first_expiry_s(connection: Snapshot, *, event_id: UUID, counted_as: str) -> float:
    """In how many seconds the first of these active holds is over by itself; 0 when there is none."""
    values = {"event_id": event_id, "counted_as": counted_as}
    return (await connection.execute(FIRST_EXPIRY, values)).scalar_one() or 0.0


async def locked_hold(tx: Transaction, *, hold_id: UUID) -> LockedHold:
    """The same for one hold. Raises HoldNotFound."""
    locked = await locked_holds(tx, hold_ids=[hold_id])
    if hold_id not in locked:
        raise HoldNotFound(hold_id=hold_id)
    return locked[hold_id]


END_HOLDS = Statement(
    """
    UPDATE reservation.holds SET state = :state, order_id = :order_id, counted_as = NULL
    WHERE hold_id = ANY (:hold_ids)
    """
)
GIVE_UP_SEAT = text(
    """
    UPDATE reservation.holds SET released_seat_ids = released_seat_ids || CAST(:seat_id AS text)
    WHERE hold_id = :hold_id
    """
)
EXCHANGE_SEATS = Statement(
    """
    UPDATE reservation.holds
    SET released_seat_ids = released_seat_ids || CAST(:lost AS text[]),
      given_seat_ids = CAST(:given AS text[])
    WHERE hold_id = :hold_id
    """
)
RENEW_HOLD = Statement(
    "UPDATE reservation.holds SET expires_at = :expires_at, renewals = renewals + 1 WHERE hold_id = :hold_id"
)


async def end_holds(
    tx: Transaction, *, hold_ids: Iterable[UUID], state: HoldState, order_id: UUID | None = None
) -> None:
    """Move locked holds to a final state; from then on they count as nobody's."""
    locked = list(hold_ids)
    await END_HOLDS.run(tx, hold_ids=locked, state=state, order_id=order_id)
    holds_ended(tx, state=state, number=len(locked))


async def give_up_seat(tx: Transaction, *, hold_id: UUID, seat_id: str) -> None:
    """Note that a locked hold has one seat less."""
    await tx.execute(GIVE_UP_SEAT, {"hold_id": hold_id, "seat_id": seat_id})


async def exchange_seats(
    tx: Transaction, *, hold_id: UUID, lost: Iterable[str], given: Iterable[str]
) -> None:
    """Note that a confirmed hold was given seats instead of some it lost."""
    await EXCHANGE_SEATS.run(tx, hold_id=hold_id, lost=list(lost), given=list(given))


async def extend_hold(tx: Transaction, hold: Hold, *, expires_at: datetime) -> None:
    """Let a locked hold and its seats last until `expires_at`."""
    values: dict[str, Any] = {"hold_id": hold.hold_id, "expires_at": expires_at}
    async with at_once(tx):
        await EXTEND_SEATS.run(tx, event_id=hold.event_id, seat_ids=list(hold.seat_ids), **values)
        await RENEW_HOLD.run(tx, **values)


def _stored_hold(row: Any) -> StoredHold:
    released = set(row["released_seat_ids"])
    kept = (seat_id for seat_id in row["seat_ids"] if seat_id not in released)
    hold = Hold(
        hold_id=row["hold_id"],
        event_id=row["event_id"],
        buyer_id=row["buyer_id"],
        seat_ids=(*kept, *(row["given_seat_ids"] or ())),
        state=HoldState(row["state"]),
        placed_at=row["placed_at"],
        expires_at=row["expires_at"],
        renewals=row["renewals"],
    )
    return StoredHold(hold, tuple(row["seat_ids"]), row["order_id"], row["now"])
