"""Accounts. What names a person is sealed on its way in and unsealed on its way out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from accounts.domain.account import Account, AccountNotFound, Credentials
from accounts.storage.sealed import PERSON
from accounts.storage.tables import accounts
from chassis.database import Snapshot, Transaction
from chassis.sealing import Sealer


async def add_account(
    tx: Transaction, *, sealer: Sealer, account: Account, email_fingerprint: str, password_hash: str
) -> bool:
    """Insert a new account; False when its e-mail has one already."""
    values = {
        "account_id": account.account_id,
        "email_fingerprint": email_fingerprint,
        "sealed": await _sealed(sealer, account),
        "password_hash": password_hash,
        "email_verified_at": account.email_verified_at,
        "created_at": account.created_at,
    }
    statement = insert(accounts).values(values).on_conflict_do_nothing(index_elements=["email_fingerprint"])
    return (await tx.execute(statement.returning(accounts.c.account_id))).first() is not None


async def find_credentials(connection: Snapshot, *, email_fingerprint: str) -> Credentials | None:
    """What a login with this e-mail is compared with; None when it has no account."""
    return await _credentials(connection, accounts.c.email_fingerprint == email_fingerprint)


async def credentials_of(connection: Snapshot, *, account_id: UUID) -> Credentials:
    """The same, of an account that is known. Raises AccountNotFound."""
    found = await _credentials(connection, accounts.c.account_id == account_id)
    if found is None:
        raise AccountNotFound
    return found


async def lock_credentials(
    tx: Transaction, *, account_id: UUID | None = None, email_fingerprint: str | None = None
) -> Credentials | None:
    """Lock the account of this id, or of this e-mail: nobody else changes it until `tx` ends."""
    if account_id is not None:
        condition = accounts.c.account_id == account_id
    else:
        condition = accounts.c.email_fingerprint == email_fingerprint
    return await _credentials(tx, condition, lock=True)


async def load_account(connection: Snapshot | Transaction, *, sealer: Sealer, account_id: UUID) -> Account:
    """The account with its e-mail and name. Raises AccountNotFound."""
    found = await connection.execute(select(accounts).where(accounts.c.account_id == account_id))
    row = found.one_or_none()
    if row is None:
        raise AccountNotFound
    person = await sealer.unseal_json(row.sealed, place=PERSON.place, row=str(account_id))
    return Account(
        account_id=account_id,
        email=person["email"],
        name=person["name"],
        email_verified_at=row.email_verified_at,
        created_at=row.created_at,
    )


async def fingerprint_of(connection: Snapshot | Transaction, *, account_id: UUID) -> str:
    """The fingerprint of the account's e-mail. Raises AccountNotFound."""
    statement = select(accounts.c.email_fingerprint).where(accounts.c.account_id == account_id)
    fingerprint = await connection.scalar(statement)
    if fingerprint is None:
        raise AccountNotFound
    return fingerprint


async def save_person(tx: Transaction, *, sealer: Sealer, account: Account) -> None:
    """Write the account's e-mail and name anew."""
    sealed = await _sealed(sealer, account)
    await tx.execute(_account(account.account_id).values(sealed=sealed))


async def save_password(tx: Transaction, *, account_id: UUID, password_hash: str) -> None:
    """Give the account another password."""
    await tx.execute(_account(account_id).values(password_hash=password_hash))


async def save_verified(tx: Transaction, *, account_id: UUID, at: datetime) -> None:
    """Say that the e-mail is its owner's."""
    await tx.execute(_account(account_id).values(email_verified_at=at))


async def delete_account(tx: Transaction, *, account_id: UUID) -> None:
    """Delete the account with all that is its own: sessions, rights, memberships, mails."""
    await tx.execute(delete(accounts).where(accounts.c.account_id == account_id))


async def delete_unverified(tx: Transaction, *, created_before: datetime, accounts_max: int) -> int:
    """Delete some accounts that nobody verified in time; gives how many."""
    late = (
        select(accounts.c.account_id)
        .where(accounts.c.email_verified_at.is_(None), accounts.c.created_at < created_before)
        .limit(accounts_max)
        .with_for_update(skip_locked=True)
    )
    return (await tx.execute(delete(accounts).where(accounts.c.account_id.in_(late)))).rowcount


def _account(account_id: UUID) -> Any:
    return update(accounts).where(accounts.c.account_id == account_id)


async def _credentials(
    connection: Snapshot | Transaction, condition: Any, *, lock: bool = False
) -> Credentials | None:
    statement = select(
        accounts.c.account_id, accounts.c.password_hash, accounts.c.email_verified_at.is_not(None)
    ).where(condition)
    if lock:
        statement = statement.with_for_update(key_share=True)
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    account_id, password_hash, is_verified = row
    return Credentials(account_id=account_id, password_hash=password_hash, is_verified=is_verified)


async def _sealed(sealer: Sealer, account: Account) -> bytes:
    person = {"email": account.email, "name": account.name}
    return await sealer.seal_json(person, place=PERSON.place, row=str(account.account_id))
