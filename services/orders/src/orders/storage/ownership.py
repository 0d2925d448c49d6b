"""Whose an order is: judged before its lock and under it, changed under it."""

from uuid import UUID

from sqlalchemy import select

from chassis.database import Transaction
from orders.domain.order import Change, Order, OrderNotFound
from orders.domain.rights import OrderOwner, OrderRight
from orders.storage.orders import add_history, lock_order, owner_of, update_locked
from orders.storage.tables import orders

_OWNER = (orders.c.buyer_id, orders.c.access_token_sha256, orders.c.access_generation)


async def lock_own_order(tx: Transaction, *, order_id: UUID, right: OrderRight) -> Order:
    """The order, locked, if `right` may change it; raises OrderNotFound.

    Judged before the lock too: a stranger must not wait for it, for how long another's order takes
    to answer would tell that it exists. And again under it: the right may be gone by then.
    """
    owner = await _owner(tx, order_id)
    if owner is None or not right.may_change(owner):
        raise OrderNotFound
    order = await lock_order(tx, order_id)
    if not right.may_change(order.owner):
        raise OrderNotFound
    return order


async def hand_over(tx: Transaction, *, order: Order, owner: OrderOwner, change: Change) -> Order:
    """Give the locked order another owner, or its guest another token, and tell its history."""
    after = order.handed_over(owner, change)
    values = {
        "buyer_id": owner.buyer_id,
        "access_token_sha256": owner.access_token_sha256,
        "access_generation": owner.access_generation,
        "version": after.version,
        "changed_at": change.at,
    }
    await update_locked(tx, before=order, values=values)
    await add_history(tx, order=after, change=change)
    return after


async def _owner(tx: Transaction, order_id: UUID) -> OrderOwner | None:
    found = select(*_OWNER).where(orders.c.order_id == order_id)
    row = (await tx.execute(found)).mappings().one_or_none()
    return None if row is None else owner_of(row)
