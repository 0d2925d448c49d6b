"""Makes a verified account at an operator's word: the first operator's, or one for a demonstration."""

from uuid import UUID

from accounts.domain.account import Account
from accounts.storage.accounts import add_account, lock_credentials
from accounts.storage.outbox import send
from chassis.database import Transaction
from chassis.sealing import Sealer
from messages.accounts import EmailVerified


class EmailTaken(Exception):
    """The e-mail has an account already."""

    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id
        super().__init__(f"the e-mail has an account already: {account_id}")


async def create_account(
    tx: Transaction,
    *,
    sealer: Sealer,
    account: Account,
    email_fingerprint: str,
    password_hash: str,
) -> None:
    """Add a verified account. Raises EmailTaken."""
    made = await add_account(
        tx,
        sealer=sealer,
        account=account,
        email_fingerprint=email_fingerprint,
        password_hash=password_hash,
    )
    if not made:
        raise EmailTaken(await _owner(tx, email_fingerprint))
    await send(tx, EmailVerified(account_id=account.account_id, email_fingerprint=email_fingerprint))


async def _owner(tx: Transaction, email_fingerprint: str) -> UUID:
    known = await lock_credentials(tx, email_fingerprint=email_fingerprint)
    assert known is not None, "its row stopped ours"  # noqa: S101
    return known.account_id
