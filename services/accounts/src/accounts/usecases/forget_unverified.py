"""Forgets accounts that nobody verified: their addresses may be somebody else's."""

from datetime import datetime, timedelta

from accounts.storage.accounts import delete_unverified
from chassis.database import Transaction


async def forget_unverified(tx: Transaction, *, keep_s: int, accounts_max: int, now: datetime) -> int:
    """Delete some of them; gives how many. Nobody else knows them, so nobody is told."""
    created_before = now - timedelta(seconds=keep_s)
    return await delete_unverified(tx, created_before=created_before, accounts_max=accounts_max)
