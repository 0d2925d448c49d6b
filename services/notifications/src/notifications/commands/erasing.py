"""The part of notifications in `rowlock erase`."""

from functools import partial

from chassis.clock import utc_now
from chassis.database import Database
from chassis.erasure import Erasure, Person
from notifications.settings import Settings
from notifications.usecases.skip_mails_of_account import skip_mails_of_account


async def erase(person: Person) -> Erasure:
    """Nothing more goes to the person's accounts, and no record names them any more."""
    db = Database.of(Settings.from_environment(), process="command")
    try:
        erased: list[str] = []
        for account_id in sorted(person.account_ids):
            done = await db.run(partial(skip_mails_of_account, account_id=account_id, now=utc_now()))
            erased += [
                f"{done.unsent} waiting mails dropped",
                f"{done.unnamed} records of mails no longer name the account",
            ]
    finally:
        await db.close()
    return Erasure(erased=erased, kept=["records of mails: kind, time and outcome, without address or words"])
