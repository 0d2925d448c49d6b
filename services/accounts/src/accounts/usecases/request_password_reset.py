"""Mails a link that sets a new password. The caller learns nothing of it."""

from datetime import datetime

from accounts.domain.mails import MailKind
from accounts.storage.accounts import lock_credentials
from accounts.storage.mail_requests import add_mail_request
from accounts.storage.outbox import send
from chassis.database import Transaction
from messages.accounts import PasswordResetRequested


async def request_password_reset(
    tx: Transaction, *, email_fingerprint: str, good_for_s: int, now: datetime
) -> None:
    """Have a link mailed, if this e-mail has an account, verified or not."""
    known = await lock_credentials(tx, email_fingerprint=email_fingerprint)
    if known is None:
        return
    account_id, kind = known.account_id, MailKind.PASSWORD_RESET
    mail_request_id = await add_mail_request(
        tx, kind=kind, account_id=account_id, good_for_s=good_for_s, now=now
    )
    await send(tx, PasswordResetRequested(account_id=account_id, mail_request_id=mail_request_id))
