"""Comparing a password: outside of any transaction, because it takes its time."""

from uuid import UUID

from accounts.clients.passwords import Passwords
from accounts.domain.account import Credentials, CredentialsWrong
from accounts.storage.accounts import credentials_of, find_credentials
from accounts.usecases.change_password import PasswordWrong
from chassis.database import Database


async def proven_credentials(
    db: Database, passwords: Passwords, email_fingerprint: str, password: str
) -> Credentials:
    """The account with this e-mail and password. Raises CredentialsWrong, after equal work in each case."""
    async with db.snapshot() as connection:
        found = await find_credentials(connection, email_fingerprint=email_fingerprint)
    matches = await passwords.verify(password, found.password_hash if found else None)
    if found is None or not matches or not found.is_verified:
        raise CredentialsWrong
    return found


async def proven_again(db: Database, passwords: Passwords, account_id: UUID, password: str) -> Credentials:
    """The same for somebody who is logged in. Raises AccountNotFound or PasswordWrong."""
    async with db.snapshot() as connection:
        found = await credentials_of(connection, account_id=account_id)
    if not await passwords.verify(password, found.password_hash):
        raise PasswordWrong
    return found
