"""The answers given to ConfirmHolds, one an order. Taken before anything else is locked."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Transaction
from reservation.storage.tables import confirmations


async def open_confirmation(tx: Transaction, *, order_id: UUID) -> bool:
    """True for the first to ask; others wait here for the first, and then read its answer."""
    statement = insert(confirmations).values(order_id=order_id).on_conflict_do_nothing()
    return (await tx.execute(statement.returning(confirmations.c.order_id))).first() is not None


async def stored_refusal(tx: Transaction, *, order_id: UUID) -> dict[str, Any] | None:
    """The refusal an order was answered with, or None when its holds were confirmed."""
    found = await tx.execute(select(confirmations.c.refusal).where(confirmations.c.order_id == order_id))
    return found.scalar_one()


async def store_refusal(tx: Transaction, *, order_id: UUID, refusal: dict[str, Any]) -> None:
    """Remember that the answer was no."""
    await tx.execute(
        update(confirmations).where(confirmations.c.order_id == order_id).values(refusal=refusal)
    )
