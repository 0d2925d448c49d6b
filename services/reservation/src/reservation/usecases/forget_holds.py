"""Forget holds that are long over, and then the answers given about them.

What remains of a sale are its seats: a sold seat names its order, and that is enough to give the answer
to a ConfirmHolds again (`confirm_holds`).
"""

from chassis.database import Database
from reservation.storage import forgetting


async def forget_holds(db: Database, *, keep_s: int, batch_max: int) -> int:
    """One batch of each, in this order; how many rows. Called often, so a backlog is worked off gently."""
    holds = await db.run(lambda tx: forgetting.forget_holds(tx, keep_s=keep_s, batch_max=batch_max))
    answers = await db.run(lambda tx: forgetting.forget_confirmations(tx, keep_s=keep_s, batch_max=batch_max))
    return holds + answers
