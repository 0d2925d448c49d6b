"""A worker takes on the mail that is due longest; no other worker does while the lease lasts."""

from chassis.statements import RawConnection
from notifications.domain.mails import ClaimedMail
from notifications.storage import mails


async def claim_mail(connection: RawConnection, *, lease_s: float) -> ClaimedMail | None:
    """None when no mail is due. Committed at once: the lease is what others see."""
    return await mails.claim_mail(connection, lease_s=lease_s)
