"""Accounts' part of `rowlock erase`: as `DELETE /api/v1/accounts/me`, at an operator's word."""

from uuid import UUID

from accounts.commands.process import Process, opened
from accounts.storage.accounts import lock_credentials
from accounts.storage.invitations import forget_invitations_to
from accounts.storage.stored_answers import forget_answers
from accounts.usecases.erase_account import erase_account
from chassis.database import Transaction
from chassis.erasure import Erasure, Person


async def erase(person: Person) -> Erasure:
    """Erase the person's account and invitations to their address; erased before, nothing is left to do.

    Others of the system hear of it by AccountErased, and from `account_ids`.
    """
    async with opened() as process:
        account_id = await process.db.run(lambda tx: _erase(tx, process, person))
    if account_id is None:
        return Erasure(erased=(), kept=("accounts: there is no account",))
    erased = "accounts: the account with its sessions, roles, memberships, invitations and mails"
    return Erasure(erased=(erased,), kept=(), account_ids=frozenset({account_id}))


async def _erase(tx: Transaction, process: Process, person: Person) -> UUID | None:
    fingerprint = process.fingerprints.email(person.email)
    account = await lock_credentials(tx, email_fingerprint=fingerprint)
    await forget_invitations_to(tx, email_fingerprint=fingerprint)
    if account is None:
        await forget_answers(tx, account_id=None, email_fingerprint=fingerprint)
        return None
    await erase_account(tx, account_id=account.account_id)
    return account.account_id
