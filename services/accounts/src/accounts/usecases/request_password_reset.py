"""Mails a link that sets a new password. The caller learns nothing of it."""

from datetime import datetime

from accounts.storage.accounts import lock_credentials
from accounts.usecases.mailing import mail_password_reset
from chassis.database import Transaction


async def request_password_reset(
    tx: Transaction, *, email_fingerprint: str, good_for_s: int, now: datetime
) -> None:
    """Have a link mailed, if this e-mail has an account, verified or not."""
    known = await lock_credentials(tx, email_fingerprint=email_fingerprint)
    if known is not None:
        await mail_password_reset(tx, account_id=known.account_id, good_for_s=good_for_s, now=now)
