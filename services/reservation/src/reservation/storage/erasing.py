"""Making holds nobody's: what is left of an account that is gone."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction

# As a guest's hold whose key nobody has: no identity is a right to it, its token is while it lasts.
# In the lock order holds come last, by hold_id.
DISOWN_HOLDS = text(
    """
    UPDATE reservation.holds h
    SET buyer_id = 'guest:' || h.hold_id, idempotency_key = '',
      counted_as = CASE WHEN h.state = 'active' THEN 'guest:' || h.hold_id END
    FROM (SELECT hold_id FROM reservation.holds WHERE buyer_id = :buyer_id ORDER BY hold_id FOR UPDATE) theirs
    WHERE h.hold_id = theirs.hold_id
    RETURNING h.hold_id
    """
)
FORGET_ANSWERS = text("DELETE FROM reservation.idempotency WHERE scope = :buyer_id RETURNING key")


async def disown_holds(tx: Transaction, *, account_id: UUID) -> int:
    """Let the account's holds be nobody's, active or over; how many."""
    return len((await tx.execute(DISOWN_HOLDS, {"buyer_id": str(account_id)})).all())


async def forget_answers(tx: Transaction, *, account_id: UUID) -> int:
    """Delete the answers kept for the account's keys; how many."""
    return len((await tx.execute(FORGET_ANSWERS, {"buyer_id": str(account_id)})).all())
