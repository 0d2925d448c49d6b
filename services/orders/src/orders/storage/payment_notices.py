"""What providers told by themselves: each notice has its effect once, for good."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.statements import Statement
from orders.domain.states import NoticeVerdict

_CLAIM = Statement(
    """
    INSERT INTO orders.payment_notices AS known (provider, notice_id, kind, verdict, received_at)
    VALUES (:provider, :notice_id, :kind, :unknown, :at)
    ON CONFLICT (provider, notice_id) DO UPDATE SET kind = :kind, received_at = :at
    WHERE known.verdict = :unknown
    """
)
_SAVE_VERDICT = Statement(
    """
    UPDATE orders.payment_notices SET verdict = :verdict, payment_id = :payment_id
    WHERE provider = :provider AND notice_id = :notice_id
    """
)


async def claim_notice(tx: Transaction, *, provider: str, notice_id: str, kind: str, at: datetime) -> bool:
    """Whether the notice is to be taken in now. Whoever brings the same one meanwhile waits for `tx`.

    One that was about no payment of ours is judged anew: the payment may be known by now.
    """
    unknown = NoticeVerdict.UNKNOWN_PAYMENT
    claimed = await _CLAIM.run(tx, provider=provider, notice_id=notice_id, kind=kind, unknown=unknown, at=at)
    return claimed.rows_changed == 1


async def save_verdict(
    tx: Transaction, *, provider: str, notice_id: str, verdict: NoticeVerdict, payment_id: UUID | None
) -> None:
    """Write down what became of a claimed notice."""
    await _SAVE_VERDICT.run(
        tx, provider=provider, notice_id=notice_id, verdict=verdict, payment_id=payment_id
    )
