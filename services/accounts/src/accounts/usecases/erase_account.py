"""Erases an account, here at once and elsewhere by a message: nothing that names its person is left."""

from datetime import datetime, timedelta
from uuid import UUID

from accounts.domain.account import AccountNotFound
from accounts.domain.sessions import SessionOver
from accounts.storage.accounts import delete_account, fingerprint_of, lock_credentials
from accounts.storage.invitations import forget_invitations_to
from accounts.storage.outbox import send
from accounts.storage.sessions import lock_session
from accounts.storage.stored_answers import forget_answers
from chassis.database import Transaction
from messages.accounts import AccountErased


class LoginTooOld(Exception):
    """Erasing needs a login of the last minutes: a device left alone must not be enough."""

    def __init__(self, fresh_login_s: int) -> None:
        super().__init__(f"Log in again: this needs a login of the last {fresh_login_s // 60} minutes.")


def check_fresh_login(*, authenticated_at: datetime | None, fresh_login_s: int, now: datetime) -> None:
    """Raise LoginTooOld unless the login is young enough."""
    if authenticated_at is None or now - authenticated_at >= timedelta(seconds=fresh_login_s):
        raise LoginTooOld(fresh_login_s)


async def erase_account(tx: Transaction, *, account_id: UUID, session_id: UUID | None = None) -> None:
    """Erase the account with its sessions, rights, memberships, invitations, mails and stored answers.

    The others are told by the fingerprint of its e-mail; only of a verified one, because one that was
    never verified may be somebody else's. Raises AccountNotFound; SessionOver when `session_id`, which
    asks for it, has ended.
    """
    account = await lock_credentials(tx, account_id=account_id)
    if account is None:
        raise AccountNotFound
    if session_id and not await lock_session(tx, session_id=session_id, account_id=account_id):
        raise SessionOver
    fingerprint = await fingerprint_of(tx, account_id=account_id)
    await forget_answers(tx, account_id=account_id, email_fingerprint=fingerprint)
    await delete_account(tx, account_id=account_id)
    if account.is_verified:
        await forget_invitations_to(tx, email_fingerprint=fingerprint)
        await send(tx, AccountErased(account_id=account_id, email_fingerprint=fingerprint))
