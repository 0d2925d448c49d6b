"""How long an order's holds last, as far as orders knows, and that a payment had them prolonged."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from chassis.database import Transaction
from orders.domain.order import Order
from orders.storage.tables import orders


async def claim_renewal(tx: Transaction, *, order: Order, at: datetime) -> bool:
    """Whether the locked order's holds are to be prolonged now: once an order, whoever pays how often."""
    unclaimed = (orders.c.order_id == order.order_id) & orders.c.holds_renewed_at.is_(None)
    claimed = update(orders).where(unclaimed).values(holds_renewed_at=at).returning(orders.c.order_id)
    return await tx.scalar(claimed) is not None


async def drop_renewal(tx: Transaction, *, order: Order) -> None:
    """Reservation did not answer: the next payment may ask again."""
    await tx.execute(update(orders).where(orders.c.order_id == order.order_id).values(holds_renewed_at=None))


async def save_renewal(tx: Transaction, *, order: Order, holds_expire_at: datetime) -> None:
    """Remember when the first of the order's holds ends."""
    this = orders.c.order_id == order.order_id
    await tx.execute(update(orders).where(this).values(holds_expire_at=holds_expire_at))


async def holds_expire_at(tx: Transaction, *, order_id: UUID) -> datetime:
    """When the first of the order's holds ends, as far as is known."""
    found = select(orders.c.holds_expire_at).where(orders.c.order_id == order_id)
    return (await tx.execute(found)).scalar_one()
