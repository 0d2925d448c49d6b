"""Periodic work: forgetting what is over. Replicas share it by skipping locked rows."""

from collections.abc import Awaitable, Callable
from functools import partial

from accounts.settings import Settings
from accounts.storage.invitations import delete_over_invitations
from accounts.storage.mail_requests import delete_over
from accounts.storage.sessions import delete_ended
from accounts.usecases.forget_unverified import forget_unverified
from accounts.usecases.rotate_signing_key import forget_signing_keys
from chassis.clock import utc_now
from chassis.database import Database, Transaction
from chassis.jobs import Job

Batch = Callable[[Transaction], Awaitable[int]]


def jobs(db: Database, settings: Settings) -> list[Job]:
    """All jobs of the worker, each in batches of `forget_batch_max`."""
    rows_max = settings.forget_batch_max

    async def accounts(tx: Transaction) -> int:
        keep_s = settings.unverified_account_keep_s
        return await forget_unverified(tx, keep_s=keep_s, accounts_max=rows_max, now=utc_now())

    async def sessions(tx: Transaction) -> int:
        return await delete_ended(tx, rows_max=rows_max)

    async def mails(tx: Transaction) -> int:
        return await delete_over(tx, rows_max=rows_max)

    async def invitations(tx: Transaction) -> int:
        return await delete_over_invitations(tx, rows_max=rows_max)

    async def keys(tx: Transaction) -> int:
        return await forget_signing_keys(tx, over_s=settings.signing_key_over_s, now=utc_now())

    batches: dict[str, Batch] = {
        "forget_unverified_accounts": accounts,
        "forget_ended_sessions": sessions,
        "forget_mail_requests": mails,
        "forget_invitations": invitations,
        "forget_signing_keys": keys,
    }
    every_s = settings.forget_every_s
    return [Job(name, every_s, partial(_until_done, db, batch)) for name, batch in batches.items()]


async def _until_done(db: Database, batch: Batch) -> int:
    """Run batches, each committed by itself, until one finds nothing."""
    total = 0
    while done := await db.run(batch):
        total += done
    return total
