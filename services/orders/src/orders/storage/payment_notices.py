"""What providers told by themselves: each notice has its effect once, for good."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Transaction
from orders.domain.states import NoticeVerdict
from orders.storage.tables import payment_notices


async def claim_notice(tx: Transaction, *, provider: str, notice_id: str, kind: str, at: datetime) -> bool:
    """Whether the notice is to be taken in now. Whoever brings the same one meanwhile waits for `tx`.

    One that was about no payment of ours is judged anew: the payment may be known by now.
    """
    statement = insert(payment_notices).values(
        provider=provider,
        notice_id=notice_id,
        kind=kind,
        verdict=NoticeVerdict.UNKNOWN_PAYMENT,
        received_at=at,
    )
    known = [payment_notices.c.provider, payment_notices.c.notice_id]
    statement = statement.on_conflict_do_update(
        index_elements=known,
        set_={"kind": kind, "received_at": at},
        where=payment_notices.c.verdict == NoticeVerdict.UNKNOWN_PAYMENT,
    )
    return await tx.scalar(statement.returning(payment_notices.c.notice_id)) is not None


async def save_verdict(
    tx: Transaction, *, provider: str, notice_id: str, verdict: NoticeVerdict, payment_id: UUID | None
) -> None:
    """Write down what became of a claimed notice."""
    this = (payment_notices.c.provider == provider) & (payment_notices.c.notice_id == notice_id)
    await tx.execute(update(payment_notices).where(this).values(verdict=verdict, payment_id=payment_id))
