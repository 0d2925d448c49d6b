"""Forgetting who made something: what is left of an account that is gone."""

from uuid import UUID

from sqlalchemy import delete, update

from catalog.storage.tables import EVENTS, IDEMPOTENCY, SEATING_PLANS, VENUES
from chassis.database import Transaction

NOBODY = "erased"
"""In the place of whoever made it."""


async def forget_makers(tx: Transaction, *, account_id: UUID) -> int:
    """Let what the account made be made by nobody; gives how much that was."""
    made = 0
    for table in (VENUES, SEATING_PLANS, EVENTS):
        theirs = update(table).where(table.c.created_by == str(account_id)).values(created_by=NOBODY)
        made += (await tx.execute(theirs)).rowcount
    return made


async def forget_answers(tx: Transaction, *, account_id: UUID) -> None:
    """Delete the answers kept for the account's keys."""
    await tx.execute(delete(IDEMPOTENCY).where(IDEMPOTENCY.c.scope == str(account_id)))
