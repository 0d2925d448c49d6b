"""The rows of seats, locked and changed. Second in the lock order, by (event_id, seat_id)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Transaction
from chassis.statements import Answer, Statement

SeatKey = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class LockedSeat:
    """A seat's claim, which stays as it is until the transaction ends. `is_free` by the database's clock."""

    state: str
    hold_id: UUID | None
    order_id: UUID | None
    is_free: bool


LOCK_SEATS = Statement(
    """
    SELECT s.event_id, s.seat_id, s.state, s.hold_id, s.order_id,
      s.state = 'available' OR (s.state = 'held' AND s.expires_at <= clock_timestamp()) AS is_free
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:seat_ids AS text[])) AS w (event_id, seat_id)
    JOIN reservation.seats s ON s.event_id = w.event_id AND s.seat_id = w.seat_id
    ORDER BY s.event_id, s.seat_id
    FOR NO KEY UPDATE OF s
    """
)


async def lock_seats(tx: Transaction, seats: Iterable[SeatKey]) -> dict[SeatKey, LockedSeat]:
    """Wait for and lock these seats in the global order; those that do not exist are left out."""
    return await seats_locked(await ask_to_lock_seats(tx, seats))


async def ask_to_lock_seats(tx: Transaction, seats: Iterable[SeatKey]) -> Answer:
    """The same for `at_once`; `seats_locked` reads the answer."""
    return await LOCK_SEATS.run(tx, **_arrays(seats))


async def seats_locked(answer: Answer) -> dict[SeatKey, LockedSeat]:
    """What locking them gave."""
    return {
        (row["event_id"], row["seat_id"]): LockedSeat(
            row["state"], row["hold_id"], row["order_id"], row["is_free"]
        )
        for row in await answer.all()
    }


_CHANGE = """
    UPDATE reservation.seats s
    SET state = '{state}', hold_id = {hold_id}, order_id = {order_id}, expires_at = {expires_at},
      blocked_reason = {reason}
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:seat_ids AS text[])) AS w (event_id, seat_id)
    WHERE s.event_id = w.event_id AND s.seat_id = w.seat_id
"""
_NOTHING = {"hold_id": "NULL", "order_id": "NULL", "expires_at": "NULL", "reason": "NULL"}

FREE_SEATS = Statement(_CHANGE.format(state="available", **_NOTHING))
BLOCK_SEATS = Statement(_CHANGE.format(state="blocked", **_NOTHING | {"reason": "CAST(:reason AS text)"}))
SELL_SEATS = Statement(
    """
    UPDATE reservation.seats s
    SET state = 'sold', hold_id = w.hold_id, order_id = :order_id, expires_at = NULL
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:seat_ids AS text[]), CAST(:hold_ids AS uuid[]))
      AS w (event_id, seat_id, hold_id)
    WHERE s.event_id = w.event_id AND s.seat_id = w.seat_id
    """
)
EXTEND_SEATS = Statement(
    """
    UPDATE reservation.seats SET expires_at = :expires_at
    WHERE event_id = :event_id AND seat_id = ANY (:seat_ids) AND hold_id = :hold_id
    """
)


async def free_seats(tx: Transaction, seats: Sequence[SeatKey]) -> None:
    """Put locked seats on sale."""
    if seats:
        await FREE_SEATS.run(tx, **_arrays(seats))


async def block_seats(tx: Transaction, seats: Sequence[SeatKey], *, reason: str | None) -> None:
    """Take locked seats off sale."""
    await BLOCK_SEATS.run(tx, reason=reason, **_arrays(seats))


async def sell_seats(tx: Transaction, seats: Sequence[tuple[UUID, str, UUID]], *, order_id: UUID) -> None:
    """Sell locked seats, given as (event_id, seat_id, hold_id)."""
    await SELL_SEATS.run(
        tx,
        event_ids=[event_id for event_id, _, _ in seats],
        seat_ids=[seat_id for _, seat_id, _ in seats],
        hold_ids=[hold_id for _, _, hold_id in seats],
        order_id=order_id,
    )


def _arrays(seats: Iterable[SeatKey]) -> dict[str, list[UUID] | list[str]]:
    keys = sorted(set(seats))
    return {"event_ids": [event_id for event_id, _ in keys], "seat_ids": [seat_id for _, seat_id in keys]}
