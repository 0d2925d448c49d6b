"""Forgetting what nobody may ask for any more: holds long over, and answers to ConfirmHolds given long ago.

Hygiene only, like the sweeper: rows another transaction is busy with are skipped, any number of replicas
forget at once, and whatever is left is taken in a later batch.

A hold is its own idempotency record, so it is kept as long as keys are, counted from its expiry, which is
later still. An answer to ConfirmHolds goes after the holds it was about: while one of them were left, a
refusal that nobody remembers could turn into a sale. Holds last less than `keep_s`, so those an answer was
about are over for `keep_s` when the answer is twice as old; and no answer goes while a hold is overdue.
"""

from sqlalchemy import text

from chassis.database import Transaction

# The clock is volatile: only when read once, in a subquery, can it bound a search of the index.
FORGET_HOLDS = text(
    """
    WITH long_over AS MATERIALIZED (
      SELECT hold_id FROM reservation.holds
      WHERE state <> 'active' AND expires_at <= (SELECT clock_timestamp() - make_interval(secs => :keep_s))
      ORDER BY expires_at LIMIT :batch_max
      FOR UPDATE SKIP LOCKED
    )
    DELETE FROM reservation.holds h USING long_over o WHERE h.hold_id = o.hold_id
    RETURNING h.hold_id
    """
)
FORGET_CONFIRMATIONS = text(
    """
    WITH kept AS MATERIALIZED (
      SELECT clock_timestamp() - make_interval(secs => :keep_s) AS since
    ), long_decided AS MATERIALIZED (
      SELECT c.order_id FROM reservation.confirmations c
      WHERE c.decided_at <= (SELECT since - make_interval(secs => :keep_s) FROM kept)
        AND NOT EXISTS (SELECT 1 FROM reservation.holds
                        WHERE state = 'active' AND expires_at <= (SELECT since FROM kept))
        AND NOT EXISTS (SELECT 1 FROM reservation.holds
                        WHERE state <> 'active' AND expires_at <= (SELECT since FROM kept))
      ORDER BY c.decided_at LIMIT :batch_max
      FOR UPDATE SKIP LOCKED
    )
    DELETE FROM reservation.confirmations c USING long_decided d WHERE c.order_id = d.order_id
    RETURNING c.order_id
    """
)


async def forget_holds(tx: Transaction, *, keep_s: int, batch_max: int) -> int:
    """Delete up to `batch_max` holds that ended and whose expiry is `keep_s` ago; how many."""
    rows = await tx.execute(FORGET_HOLDS, {"keep_s": keep_s, "batch_max": batch_max})
    return len(rows.all())


async def forget_confirmations(tx: Transaction, *, keep_s: int, batch_max: int) -> int:
    """Delete up to `batch_max` answers older than twice `keep_s`, once no hold is overdue; how many."""
    rows = await tx.execute(FORGET_CONFIRMATIONS, {"keep_s": keep_s, "batch_max": batch_max})
    return len(rows.all())
