"""A worker takes on the mail that is due longest; no other worker does while the lease lasts."""

from chassis.database import Transaction
from notifications.domain.mails import ClaimedMail
from notifications.storage import mails


async def claim_mail(tx: Transaction, *, lease_s: float) -> ClaimedMail | None:
    """None when no mail is due. Commit before sending: the lease is what others see."""
    return await mails.claim_mail(tx, lease_s=lease_s)
