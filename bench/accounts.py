"""Verified accounts for the login flood, as `rowlock accounts create` makes them, all with one password."""

import secrets

from accounts.clients.passwords import Passwords
from accounts.commands.process import Process, work_with
from accounts.domain.account import Account
from accounts.settings import Settings
from accounts.usecases.create_account import create_account
from chassis.clock import utc_now
from chassis.ids import new_id

PASSWORD = "many people want the same seats tonight"  # noqa: S105 -- of accounts that live as long as a bench


def make_accounts(settings: Settings, *, number: int) -> list[str]:
    """Their e-mail addresses. Blocks."""
    these = secrets.token_hex(4)
    emails = [f"bench-{these}-{n}@example.org" for n in range(number)]

    async def work(process: Process) -> None:
        password_hash = await Passwords.of_settings(process.settings).hash(PASSWORD)
        for email in emails:
            await _make(process, email, password_hash)

    work_with(work, settings)
    return emails


async def _make(process: Process, email: str, password_hash: str) -> None:
    now = utc_now()
    account = Account(account_id=new_id(), email=email, name=None, email_verified_at=now, created_at=now)
    await process.db.run(
        lambda tx: create_account(
            tx,
            sealer=process.sealer,
            account=account,
            email_fingerprint=process.fingerprints.email(email),
            password_hash=password_hash,
        )
    )
