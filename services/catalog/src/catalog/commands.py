"""What catalog does for `rowlock erase`."""

from catalog.settings import Settings
from catalog.usecases.erase_account import erase_account
from chassis.database import Database
from chassis.erasure import Erasure, Person


async def erase(person: Person) -> Erasure:
    """Forget that the person's accounts made anything."""
    db = Database(Settings.from_environment().database_url, pool_size=1, application_name="rowlock-command")
    made = 0
    try:
        for account_id in sorted(person.account_ids):
            made += await db.run(lambda tx, of=account_id: erase_account(tx, account_id=of))
    finally:
        await db.close()
    return Erasure(
        erased=[f"who made venues, seating plans and events: {made}; every answer kept for their keys"],
        kept=["venues, seating plans and events: of their organizations"],
    )
