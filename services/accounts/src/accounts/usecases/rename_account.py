"""Changes how a person is called."""

from dataclasses import replace
from uuid import UUID

from accounts.domain.account import AccountNotFound
from accounts.storage.accounts import load_account, lock_credentials, save_person
from chassis.database import Transaction
from chassis.sealing import Sealer


async def rename_account(tx: Transaction, *, sealer: Sealer, account_id: UUID, name: str | None) -> None:
    """Set the name, or take it away. Raises AccountNotFound."""
    if await lock_credentials(tx, account_id=account_id) is None:
        raise AccountNotFound
    account = await load_account(tx, sealer=sealer, account_id=account_id)
    await save_person(tx, sealer=sealer, account=replace(account, name=name))
