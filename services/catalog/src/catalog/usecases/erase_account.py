"""Erase an account here: what it made stays its organization's, and nobody made it."""

from uuid import UUID

from catalog.storage.erasing import forget_answers, forget_makers
from chassis.database import Transaction


async def erase_account(tx: Transaction, *, account_id: UUID) -> int:
    """How many venues, plans and events it had made; a second time none."""
    await forget_answers(tx, account_id=account_id)
    return await forget_makers(tx, account_id=account_id)
