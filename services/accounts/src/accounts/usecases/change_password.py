"""Changes the password of somebody who is logged in and knows the old one."""

from datetime import datetime
from uuid import UUID

from accounts.domain.account import Credentials
from accounts.domain.sessions import SessionOver
from accounts.storage.accounts import lock_credentials, save_password
from accounts.storage.mail_requests import void_links
from accounts.storage.sessions import delete_sessions, lock_session
from accounts.usecases.mailing import mail_changed_password
from chassis.database import Transaction


class PasswordWrong(Exception):
    """The current password is not the one that was sent."""

    def __init__(self) -> None:
        super().__init__("the current password is wrong")


async def change_password(
    tx: Transaction,
    *,
    proven: Credentials,
    password_hash: str,
    session_id: UUID,
    now: datetime,
) -> None:
    """Set the new password, end every other session, and tell the owner by mail.

    Raises SessionOver, or PasswordWrong when the password was changed since it was proved.
    """
    if await lock_credentials(tx, account_id=proven.account_id) != proven:
        raise PasswordWrong
    if await lock_session(tx, session_id=session_id, account_id=proven.account_id) is None:
        raise SessionOver
    await set_password(
        tx, account_id=proven.account_id, password_hash=password_hash, keep=session_id, now=now
    )


async def set_password(
    tx: Transaction, *, account_id: UUID, password_hash: str, keep: UUID | None, now: datetime
) -> None:
    """The same for an account that is locked; `keep` is the session that goes on."""
    await save_password(tx, account_id=account_id, password_hash=password_hash)
    await void_links(tx, account_id=account_id)
    await delete_sessions(tx, account_id=account_id, but=keep)
    await mail_changed_password(tx, account_id=account_id, now=now)
