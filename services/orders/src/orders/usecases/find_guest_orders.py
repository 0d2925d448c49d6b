"""Tells whoever has just verified an e-mail that orders were made with it as a guest."""

from uuid import UUID

from chassis.database import Transaction
from messages.orders import GuestOrdersFound
from orders.storage.guest_orders import count_guest_orders
from orders.storage.outbox import send


async def find_guest_orders(tx: Transaction, *, account_id: UUID, email_fingerprint: str) -> None:
    """Handle EmailVerified: a mail will offer to claim them; nothing is claimed unasked."""
    found = await count_guest_orders(tx, email_fingerprint=email_fingerprint)
    if found:
        await send(tx, GuestOrdersFound(account_id=account_id, orders=found))
