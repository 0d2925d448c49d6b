"""Takes in a verified notice of a provider, once."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from orders.clients.payment_provider import Notice
from orders.domain.states import NoticeVerdict
from orders.storage.payment_notices import claim_notice, save_verdict
from orders.usecases.take_in_payment import take_in_payment
from orders.usecases.take_in_refund import take_in_refund


async def take_notice(tx: Transaction, *, notice: Notice, provider: str, now: datetime) -> NoticeVerdict:
    """Take in what it says of a payment or a refund; one that was taken in before changes nothing."""
    notice_id = notice.notice_id
    if not await claim_notice(tx, provider=provider, notice_id=notice_id, kind=notice.kind, at=now):
        return NoticeVerdict.TAKEN
    payment_id = await _take_in(tx, notice, provider, now)
    verdict = _verdict(notice, payment_id)
    await save_verdict(tx, provider=provider, notice_id=notice_id, verdict=verdict, payment_id=payment_id)
    return verdict


async def _take_in(tx: Transaction, notice: Notice, provider: str, now: datetime) -> UUID | None:
    if notice.payment is not None:
        return await take_in_payment(tx, payment=notice.payment, provider=provider, now=now)
    if notice.refund is not None:
        return await take_in_refund(tx, refund=notice.refund, provider=provider, now=now)
    return None


def _verdict(notice: Notice, payment_id: UUID | None) -> NoticeVerdict:
    if notice.payment is None and notice.refund is None:
        return NoticeVerdict.OF_NO_INTEREST
    return NoticeVerdict.UNKNOWN_PAYMENT if payment_id is None else NoticeVerdict.TAKEN
