"""Sets a new password for whoever has the link: they read the mailbox, so the e-mail is theirs too."""

from datetime import datetime
from uuid import UUID

from accounts.domain.mails import MailKind
from accounts.storage.mail_requests import use_mail_request
from accounts.usecases.change_password import set_password
from accounts.usecases.verify_email import lock_account_of_link, mark_verified
from chassis.database import Transaction


async def reset_password(
    tx: Transaction, *, mail_request_id: UUID, password_hash: str, now: datetime
) -> None:
    """Set the password and end every session. Raises LinkInvalid."""
    kind = MailKind.PASSWORD_RESET
    account = await lock_account_of_link(tx, mail_request_id=mail_request_id, kind=kind)
    await use_mail_request(tx, mail_request_id=mail_request_id, kind=kind)
    await mark_verified(tx, account=account, now=now)
    await set_password(tx, account_id=account.account_id, password_hash=password_hash, keep=None, now=now)
