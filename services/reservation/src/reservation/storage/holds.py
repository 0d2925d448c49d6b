"""The rows of holds. Last in the lock order, by hold_id; `locked_holds` takes all three steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Snapshot, Transaction
from reservation.domain.errors import HoldNotFound
from reservation.domain.holds import Hold, HoldState
from reservation.metrics import holds_ended
from reservation.storage.events import ON_SALE, lock_events_for_claim
from reservation.storage.seats import EXTEND_SEATS, SeatKey, lock_seats

FIND_HOLDS = text(
    """
    SELECT hold_id, event_id, buyer_id, seat_ids, released_seat_ids, given_seat_ids, state, placed_at,
      expires_at, renewals, order_id, clock_timestamp() AS now
    FROM reservation.holds WHERE hold_id = ANY (:hold_ids) ORDER BY hold_id
    """
)
LOCK_HOLDS = text(f"{FIND_HOLDS.text} FOR NO KEY UPDATE")


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
    rows = await connection.execute(FIND_HOLDS, {"hold_ids": list(hold_ids)})
    return {row.hold_id: _stored_hold(row) for row in rows}


async def lock_holds(tx: Transaction, *, hold_ids: Iterable[UUID]) -> dict[UUID, StoredHold]:
    """Those that exist, locked; only after their events and seats."""
    rows = await tx.execute(LOCK_HOLDS, {"hold_ids": list(hold_ids)})
    return {row.hold_id: _stored_hold(row) for row in rows}


async def locked_holds(tx: Transaction, *, hold_ids: Iterable[UUID]) -> dict[UUID, LockedHold]:
    """Lock the events, the seats and the holds, in this order; unknown ids are left out."""
    # Which seats a hold ever had never changes, so an unlocked read says which to lock.
    found = await find_holds(tx, hold_ids=hold_ids)
    event_status = await lock_events_for_claim(
        tx, event_ids=[stored.hold.event_id for stored in found.values()]
    )
    seats = await lock_seats(tx, [seat for stored in found.values() for seat in stored.granted_seats])
    carried: dict[UUID | None, set[str]] = {}
    for (_, seat_id), seat in seats.items():
        carried.setdefault(seat.hold_id if seat.state == "held" else None, set()).add(seat_id)
    return {
        hold_id: LockedHold(
            hold=stored.hold,
            now=stored.now,
            event_on_sale=event_status[stored.hold.event_id] == ON_SALE,
            carried_seat_ids=frozenset(carried.get(hold_id, ())),
        )
        for hold_id, stored in (await lock_holds(tx, hold_ids=found)).items()
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


END_HOLDS = text(
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
EXCHANGE_SEATS = text(
    """
    UPDATE reservation.holds
    SET released_seat_ids = released_seat_ids || CAST(:lost AS text[]),
      given_seat_ids = CAST(:given AS text[])
    WHERE hold_id = :hold_id
    """
)
RENEW_HOLD = text(
    "UPDATE reservation.holds SET expires_at = :expires_at, renewals = renewals + 1 WHERE hold_id = :hold_id"
)


async def end_holds(
    tx: Transaction, *, hold_ids: Iterable[UUID], state: HoldState, order_id: UUID | None = None
) -> None:
    """Move locked holds to a final state; from then on they count as nobody's."""
    hold_ids = list(hold_ids)
    holds_ended(tx, state=state, number=len(hold_ids))  # they are locked, so all of them are there
    await tx.execute(END_HOLDS, {"hold_ids": hold_ids, "state": state.value, "order_id": order_id})


async def give_up_seat(tx: Transaction, *, hold_id: UUID, seat_id: str) -> None:
    """Note that a locked hold has one seat less."""
    await tx.execute(GIVE_UP_SEAT, {"hold_id": hold_id, "seat_id": seat_id})


async def exchange_seats(
    tx: Transaction, *, hold_id: UUID, lost: Iterable[str], given: Iterable[str]
) -> None:
    """Note that a confirmed hold was given seats instead of some it lost."""
    await tx.execute(EXCHANGE_SEATS, {"hold_id": hold_id, "lost": list(lost), "given": list(given)})


async def extend_hold(tx: Transaction, hold: Hold, *, expires_at: datetime) -> None:
    """Let a locked hold and its seats last until `expires_at`."""
    values: dict[str, Any] = {"hold_id": hold.hold_id, "expires_at": expires_at}
    await tx.execute(EXTEND_SEATS, values | {"event_id": hold.event_id, "seat_ids": list(hold.seat_ids)})
    await tx.execute(RENEW_HOLD, values)


def _stored_hold(row: Any) -> StoredHold:
    released = set(row.released_seat_ids)
    kept = (seat_id for seat_id in row.seat_ids if seat_id not in released)
    hold = Hold(
        hold_id=row.hold_id,
        event_id=row.event_id,
        buyer_id=row.buyer_id,
        seat_ids=(*kept, *(row.given_seat_ids or ())),
        state=HoldState(row.state),
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        renewals=row.renewals,
    )
    return StoredHold(hold, tuple(row.seat_ids), row.order_id, row.now)
