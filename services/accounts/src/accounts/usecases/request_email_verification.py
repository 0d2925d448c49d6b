"""Mails another link to an account that is not verified yet. The caller learns nothing of it."""

from datetime import datetime

from accounts.storage.accounts import lock_credentials
from accounts.usecases.mailing import mail_verification
from chassis.database import Transaction


async def request_email_verification(
    tx: Transaction, *, email_fingerprint: str, good_for_s: int, now: datetime
) -> None:
    """Have a link mailed, if this e-mail has an account that waits for it."""
    known = await lock_credentials(tx, email_fingerprint=email_fingerprint)
    if known is not None and not known.is_verified:
        await mail_verification(
            tx,
            account_id=known.account_id,
            password_hash=known.password_hash,
            good_for_s=good_for_s,
            now=now,
        )
