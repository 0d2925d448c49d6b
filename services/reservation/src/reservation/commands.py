"""Operator commands of this service, shown by `rowlock`, and what it does for `rowlock erase`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from chassis.database import Database
from chassis.erasure import Erasure, Person
from reservation.settings import Settings
from reservation.usecases.erase_account import erase_account
from reservation.usecases.expire_holds import expire_holds

commands = typer.Typer()


@commands.command("expire-holds")
def expire_holds_command() -> None:
    """Tidy up all expired holds now. The worker does this by itself; seats are free either way."""
    typer.echo(f"{asyncio.run(_expire_holds())} holds expired")


async def erase(person: Person) -> Erasure:
    """Let the holds of the person's accounts be nobody's. Guests' holds name nobody in the first place."""
    holds = 0
    async with _database(Settings.from_environment()) as db:
        for account_id in sorted(person.account_ids):
            holds += await db.run(lambda tx, of=account_id: erase_account(tx, account_id=of))
    return Erasure(
        erased=[f"holds that are nobody's now: {holds}; every answer kept for their keys"],
        kept=["which seats were held and sold, and when: of nobody"],
    )


async def _expire_holds() -> int:
    settings = Settings.from_environment()
    async with _database(settings) as db:
        return await expire_holds(db, batch_max=settings.expire_holds_batch_max)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    db = Database(settings.database_url, pool_size=1, application_name="rowlock-command")
    try:
        yield db
    finally:
        await db.close()
