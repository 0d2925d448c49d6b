"""The answers given to ConfirmHolds, one an order. Taken before anything else is locked."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from chassis.database import Transaction
from chassis.statements import Statement
from reservation.storage.tables import confirmations

_OPEN = Statement(
    "INSERT INTO reservation.confirmations (order_id) VALUES (:order_id) ON CONFLICT DO NOTHING"
)


async def open_confirmation(tx: Transaction, *, order_id: UUID) -> bool:
    """True for the first to ask; others wait here for the first, and then read its answer."""
    return (await _OPEN.run(tx, order_id=order_id)).rows_changed == 1


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What an order was answered: a refusal, or the seats it was given instead of others, or neither."""

    refusal: dict[str, Any] | None
    given: list[dict[str, Any]]


async def stored_answer(tx: Transaction, *, order_id: UUID) -> StoredAnswer:
    """The answer an order was given."""
    columns = select(confirmations.c.refusal, confirmations.c.given)
    row = (await tx.execute(columns.where(confirmations.c.order_id == order_id))).one()
    return StoredAnswer(row.refusal, row.given or [])


async def store_refusal(tx: Transaction, *, order_id: UUID, refusal: dict[str, Any]) -> None:
    """Remember that the answer was no."""
    await _store(tx, order_id, {"refusal": refusal})


async def store_given(tx: Transaction, *, order_id: UUID, given: list[dict[str, Any]]) -> None:
    """Remember that the answer was yes, with these other seats."""
    await _store(tx, order_id, {"given": given})


async def _store(tx: Transaction, order_id: UUID, answer: dict[str, Any]) -> None:
    await tx.execute(update(confirmations).where(confirmations.c.order_id == order_id).values(answer))
