"""Registers an account, or tells the owner of the one there is. The caller learns nothing of it.

Of an account nobody has verified yet, whoever registers last sets name and password; but each link
verifies with the password that was registered by the one it was mailed for. So nobody can plant a
password in an account that the owner of the address then verifies.
"""

from datetime import datetime

from accounts.domain.account import Account, Credentials
from accounts.storage.accounts import add_account, lock_credentials, save_password, save_person
from accounts.usecases.mailing import mail_repeated_registration, mail_verification
from chassis.database import Transaction
from chassis.sealing import Sealer


async def register_account(
    tx: Transaction,
    *,
    sealer: Sealer,
    account: Account,
    email_fingerprint: str,
    password_hash: str,
    verification_s: int,
    now: datetime,
) -> None:
    """Register `account`, unless its e-mail has one; in each case somebody gets a mail."""
    made = await add_account(
        tx,
        sealer=sealer,
        account=account,
        email_fingerprint=email_fingerprint,
        password_hash=password_hash,
    )
    account_id = account.account_id
    if not made:
        known = await lock_credentials(tx, email_fingerprint=email_fingerprint)
        if known is None:
            return  # erased or forgotten in this instant; registering again will do
        if known.is_verified:
            await mail_repeated_registration(tx, account_id=known.account_id, now=now)
            return
        account_id = known.account_id
        await _replace(tx, sealer, known, account, password_hash)
    await mail_verification(
        tx, account_id=account_id, password_hash=password_hash, good_for_s=verification_s, now=now
    )


async def _replace(
    tx: Transaction, sealer: Sealer, known: Credentials, told: Account, password_hash: str
) -> None:
    person = Account(
        account_id=known.account_id,
        email=told.email,
        name=told.name,
        email_verified_at=None,
        created_at=told.created_at,
    )
    await save_person(tx, sealer=sealer, account=person)
    await save_password(tx, account_id=known.account_id, password_hash=password_hash)
