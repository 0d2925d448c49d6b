"""Takes a person out of what orders keeps. Orders, lines, money and tickets stay, of nobody."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, exists, func, select

from chassis.database import Transaction
from orders.domain.order import Change, Order
from orders.domain.rights import OrderOwner
from orders.domain.states import OVER_STATES
from orders.storage.orders import add_history, lock_orders, update_locked
from orders.storage.retention import shred_attendees_of_order
from orders.storage.tables import (
    IDEMPOTENCY_TABLE,
    contacts,
    offers,
    order_holds,
    order_lookups,
    orders,
)

_BOOKED = orders.c.erasure_booked_at.is_not(None) & orders.c.erased_at.is_(None)


async def lock_orders_of_person(
    tx: Transaction,
    *,
    buyer_ids: Collection[str],
    email_fingerprint: str | None,
    placed_until: datetime,
    orders_max: int,
) -> list[Order]:
    """At most `orders_max` orders of these accounts, and of guests with this e-mail who placed them by then,
    unless their erasure is booked; the oldest first, locked.
    """
    of_email = select(contacts.c.order_id).where(contacts.c.email_fingerprint == email_fingerprint)
    guests = orders.c.access_token_sha256.is_not(None) & orders.c.order_id.in_(of_email) & ~_BOOKED
    guests &= orders.c.placed_at <= placed_until
    return await lock_orders(tx, orders.c.buyer_id.in_(buyer_ids) | guests, orders_max=orders_max)


async def lock_orders_to_erase(
    tx: Transaction, *, over_before: datetime, orders_max: int, now: datetime
) -> list[Order]:
    """At most `orders_max` orders whose erasure is booked and that are open no more: all their events have
    ended, or they were over before `over_before`. Locked; others' locks are skipped.
    """
    to_come = select(order_holds.c.order_id).join(offers, offers.c.event_id == order_holds.c.event_id)
    to_come = to_come.where(order_holds.c.order_id == orders.c.order_id, offers.c.ends_at > now)
    over = orders.c.state.in_(OVER_STATES) & (orders.c.changed_at < over_before)
    return await lock_orders(tx, _BOOKED & (over | ~exists(to_come)), orders_max=orders_max, skip_locked=True)


async def book_erasure(tx: Transaction, *, order: Order, at: datetime) -> None:
    """Remember that the locked order's person wants to be erased."""
    await update_locked(tx, before=order, values={"erasure_booked_at": at})


async def erase_order(tx: Transaction, *, order: Order, change: Change) -> None:
    """Make the locked order nobody's: contact, attendees and every right to it go."""
    await tx.execute(delete(contacts).where(contacts.c.order_id == order.order_id))
    await shred_attendees_of_order(tx, order_id=order.order_id, at=change.at)
    nobody = OrderOwner(access_generation=order.owner.access_generation)
    after = order.handed_over(nobody, change)
    values = {
        "buyer_id": None,
        "access_token_sha256": None,
        "erased_at": change.at,
        "version": after.version,
        "changed_at": change.at,
    }
    await update_locked(tx, before=order, values=values)
    await add_history(tx, order=after, change=change)


async def forget_contacts_of_others(
    tx: Transaction, *, email_fingerprint: str, placed_until: datetime
) -> int:
    """Delete this e-mail from orders of accounts, which are not this person's; gives how many."""
    of_accounts = select(orders.c.order_id).where(
        orders.c.buyer_id.is_not(None), orders.c.placed_at <= placed_until
    )
    found = (contacts.c.email_fingerprint == email_fingerprint) & contacts.c.order_id.in_(of_accounts)
    gone = delete(contacts).where(found).returning(contacts.c.order_id)
    return len((await tx.execute(gone)).all())


async def forget_lookups_of(tx: Transaction, *, email_fingerprint: str) -> int:
    """Delete who asked for the links to this e-mail's orders; gives how many."""
    gone = delete(order_lookups).where(order_lookups.c.email_fingerprint == email_fingerprint)
    return len((await tx.execute(gone.returning(order_lookups.c.lookup_id))).all())


async def forget_answers(tx: Transaction, *, scopes: Collection[str]) -> int:
    """Delete the stored answers of these callers; gives how many."""
    gone = delete(IDEMPOTENCY_TABLE).where(IDEMPOTENCY_TABLE.c.scope.in_(scopes))
    return len((await tx.execute(gone.returning(IDEMPOTENCY_TABLE.c.key))).all())


async def last_event_ends_at(tx: Transaction, *, order: Order) -> datetime:
    """When the last event of the order is over."""
    event_ids = {hold.event_id for hold in order.holds}
    ends_at = select(func.max(offers.c.ends_at)).where(offers.c.event_id.in_(event_ids))
    return (await tx.execute(ends_at)).scalar_one()
