"""Has the links to a guest's orders sent to the e-mail they were placed with, if there are any."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Transaction
from chassis.ids import new_id
from chassis.sealing import Sealer
from messages.orders import OrderLinksRequested
from orders.storage.lookups import EMAIL_PLACE, delete_expired_lookups, insert_lookup
from orders.storage.outbox import send


async def request_order_links(
    tx: Transaction, *, email: str, email_fingerprint: str, sealer: Sealer, keep_s: int, now: datetime
) -> UUID:
    """Note the wish and give its id. What is done is the same for every e-mail: whether it has orders
    is found out when the mail is written, so that nobody can tell from the answer or its time.

    The e-mail is kept sealed for `keep_s` seconds.
    """
    lookup_id = new_id()
    sealed = await sealer.seal_json({"email": email}, place=EMAIL_PLACE, row=str(lookup_id))
    await insert_lookup(
        tx,
        lookup_id=lookup_id,
        email_fingerprint=email_fingerprint,
        sealed=sealed,
        requested_at=now,
        expires_at=now + timedelta(seconds=keep_s),
    )
    await send(tx, OrderLinksRequested(lookup_id=lookup_id))
    return lookup_id


async def forget_lookups(tx: Transaction, *, lookups_max: int, now: datetime) -> int:
    """Delete some look-ups that are over; gives how many."""
    return await delete_expired_lookups(tx, lookups_max=lookups_max, now=now)
