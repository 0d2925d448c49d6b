"""Who asked for the links to their orders; the e-mail lies sealed until it is over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select

from chassis.database import Transaction
from chassis.sealing import Place
from orders.storage.tables import order_lookups

EMAIL_PLACE = Place("orders.order_lookups", "sealed")


async def insert_lookup(
    tx: Transaction,
    *,
    lookup_id: UUID,
    email_fingerprint: str,
    sealed: bytes,
    requested_at: datetime,
    expires_at: datetime,
) -> None:
    """Write a look-up; `sealed` is its e-mail, sealed for `EMAIL_PLACE` and this id."""
    await tx.execute(
        insert(order_lookups).values(
            lookup_id=lookup_id,
            email_fingerprint=email_fingerprint,
            sealed=sealed,
            requested_at=requested_at,
            expires_at=expires_at,
        )
    )


async def delete_expired_lookups(tx: Transaction, *, lookups_max: int, now: datetime) -> int:
    """Forget at most `lookups_max` look-ups that are over; gives how many. Skips locked ones."""
    expired = (
        select(order_lookups.c.lookup_id)
        .where(order_lookups.c.expires_at <= now)
        .limit(lookups_max)
        .with_for_update(skip_locked=True)
    )
    gone = delete(order_lookups).where(order_lookups.c.lookup_id.in_(expired))
    return len((await tx.execute(gone.returning(order_lookups.c.lookup_id))).all())
