"""How long an order's holds last, as far as orders knows, and that a payment had them prolonged."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from chassis.database import Transaction
from orders.domain.order import Order
from orders.storage.tables import orders


async def are_renewed(tx: Transaction, *, order: Order) -> bool:
    """Whether reservation was asked to prolong the locked order's holds and gave an answer: once an order."""
    found = select(orders.c.holds_renewed_at).where(orders.c.order_id == order.order_id)
    return await tx.scalar(found) is not None


async def save_renewal(tx: Transaction, *, order: Order, holds_expire_at: datetime, at: datetime) -> None:
    """Remember when the first of the order's holds ends, and that they need not be prolonged again."""
    this = orders.c.order_id == order.order_id
    values = {"holds_expire_at": holds_expire_at, "holds_renewed_at": at}
    await tx.execute(update(orders).where(this).values(values))


async def holds_expire_at(tx: Transaction, *, order_id: UUID) -> datetime:
    """When the first of the order's holds ends, as far as is known."""
    found = select(orders.c.holds_expire_at).where(orders.c.order_id == order_id)
    return (await tx.execute(found)).scalar_one()
