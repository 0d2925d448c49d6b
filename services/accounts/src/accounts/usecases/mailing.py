"""Steps that lead to a mail: the request it is made of, and the message that has it written."""

from datetime import datetime
from uuid import UUID

from accounts.domain.mails import NEWS_S, MailKind
from accounts.storage.mail_requests import add_mail_request
from accounts.storage.outbox import send
from chassis.database import Transaction
from messages.accounts import (
    EmailVerificationRequested,
    PasswordChanged,
    PasswordResetRequested,
    RegistrationRepeated,
)


async def mail_verification(
    tx: Transaction, *, account_id: UUID, password_hash: str, good_for_s: int, now: datetime
) -> None:
    """Have a link mailed that verifies the account with the password it has at this moment."""
    mail_request_id = await add_mail_request(
        tx,
        kind=MailKind.EMAIL_VERIFICATION,
        account_id=account_id,
        password_hash=password_hash,
        good_for_s=good_for_s,
        now=now,
    )
    await send(tx, EmailVerificationRequested(account_id=account_id, mail_request_id=mail_request_id))


async def mail_password_reset(tx: Transaction, *, account_id: UUID, good_for_s: int, now: datetime) -> None:
    """Have a link mailed that sets a new password, and verifies an account that is not verified yet."""
    kind = MailKind.PASSWORD_RESET
    mail_request_id = await add_mail_request(
        tx, kind=kind, account_id=account_id, good_for_s=good_for_s, now=now
    )
    await send(tx, PasswordResetRequested(account_id=account_id, mail_request_id=mail_request_id))


async def mail_repeated_registration(tx: Transaction, *, account_id: UUID, now: datetime) -> None:
    """Tell the owner of a verified account that somebody registered with its e-mail."""
    kind = MailKind.REGISTRATION_REPEATED
    mail_request_id = await add_mail_request(tx, kind=kind, account_id=account_id, good_for_s=NEWS_S, now=now)
    await send(tx, RegistrationRepeated(account_id=account_id, mail_request_id=mail_request_id))


async def mail_changed_password(tx: Transaction, *, account_id: UUID, now: datetime) -> None:
    """Tell the owner that the account has another password."""
    kind = MailKind.PASSWORD_CHANGED
    mail_request_id = await add_mail_request(tx, kind=kind, account_id=account_id, good_for_s=NEWS_S, now=now)
    await send(tx, PasswordChanged(account_id=account_id, mail_request_id=mail_request_id))
