"""Verifies an account's e-mail: whoever has the link reads the mailbox."""

from datetime import datetime
from uuid import UUID

from accounts.domain.account import Credentials
from accounts.domain.mails import LinkInvalid, MailKind
from accounts.storage.accounts import fingerprint_of, lock_credentials, save_password, save_verified
from accounts.storage.mail_requests import MailRequest, find_mail_request, use_mail_request, void_links
from accounts.storage.outbox import send
from chassis.database import Transaction
from messages.accounts import EmailVerified


async def verify_email(tx: Transaction, *, mail_request_id: UUID, now: datetime) -> UUID:
    """Verify the account with the password that was registered for this link; gives the account.

    Raises LinkInvalid, also when the account is verified already.
    """
    kind = MailKind.EMAIL_VERIFICATION
    account = await lock_account_of_link(tx, mail_request_id=mail_request_id, kind=kind)
    request = await use_mail_request(tx, mail_request_id=mail_request_id, kind=kind)
    if account.is_verified:
        raise LinkInvalid
    await save_password(tx, account_id=account.account_id, password_hash=_confirmed(request))
    await mark_verified(tx, account=account, now=now)
    # Other links of this kind would bring other passwords.
    await void_links(tx, account_id=account.account_id)
    return account.account_id


async def lock_account_of_link(tx: Transaction, *, mail_request_id: UUID, kind: MailKind) -> Credentials:
    """Lock the account a link was mailed to. Raises LinkInvalid.

    Before the link itself is used: whoever changes an account locks it first, then what belongs to it.
    """
    request = await find_mail_request(tx, mail_request_id=mail_request_id, kind=kind)
    if request is None or request.account_id is None:
        raise LinkInvalid
    account = await lock_credentials(tx, account_id=request.account_id)
    if account is None:
        raise LinkInvalid
    return account


async def mark_verified(tx: Transaction, *, account: Credentials, now: datetime) -> None:
    """Say that the e-mail is verified, and tell the others; verified before, nothing happens."""
    if account.is_verified:
        return
    account_id = account.account_id
    await save_verified(tx, account_id=account_id, at=now)
    fingerprint = await fingerprint_of(tx, account_id=account_id)
    await send(tx, EmailVerified(account_id=account_id, email_fingerprint=fingerprint))


def _confirmed(request: MailRequest) -> str:
    if request.password_hash is None:
        raise LinkInvalid
    return request.password_hash
