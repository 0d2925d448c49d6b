"""Mails another link to an account that is not verified yet. The caller learns nothing of it.

A link that verifies brings the password the account has. Where somebody registered over the first
registration, that may be a thief's, and who asks for the link is the address's owner: they choose the
password by the link instead.
"""

from datetime import datetime

from accounts.storage.accounts import lock_credentials
from accounts.storage.mail_requests import is_of_first_registration
from accounts.usecases.mailing import mail_password_reset, mail_verification
from chassis.database import Transaction


async def request_email_verification(
    tx: Transaction, *, email_fingerprint: str, good_for_s: int, reset_good_for_s: int, now: datetime
) -> None:
    """Have a link mailed, if this e-mail has an account that waits for it."""
    known = await lock_credentials(tx, email_fingerprint=email_fingerprint)
    if known is None or known.is_verified:
        return
    account_id, password_hash = known.account_id, known.password_hash
    if await is_of_first_registration(tx, account_id=account_id, password_hash=password_hash):
        await mail_verification(
            tx, account_id=account_id, password_hash=password_hash, good_for_s=good_for_s, now=now
        )
    else:
        await mail_password_reset(tx, account_id=account_id, good_for_s=reset_good_for_s, now=now)
