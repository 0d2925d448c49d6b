"""Orders of guests, found by the fingerprint of their contact's e-mail."""

from sqlalchemy import func, select

from chassis.database import Transaction
from orders.domain.order import Order
from orders.storage.orders import lock_orders
from orders.storage.tables import contacts, orders


async def lock_guest_orders(tx: Transaction, *, email_fingerprint: str, orders_max: int) -> list[Order]:
    """At most `orders_max` guests' orders with this e-mail, the oldest first, locked in that order.

    One that changes hands while its lock is waited for is not among them.
    """
    of_email = select(contacts.c.order_id).where(contacts.c.email_fingerprint == email_fingerprint)
    guests = orders.c.access_token_sha256.is_not(None) & orders.c.order_id.in_(of_email)
    return await lock_orders(tx, guests, orders_max=orders_max)


async def count_guest_orders(tx: Transaction, *, email_fingerprint: str) -> int:
    """How many orders of guests have this e-mail."""
    counted = (
        select(func.count())
        .select_from(contacts)
        .join(orders, orders.c.order_id == contacts.c.order_id)
        .where(contacts.c.email_fingerprint == email_fingerprint, orders.c.access_token_sha256.is_not(None))
    )
    return (await tx.execute(counted)).scalar_one()
