"""Operator commands of this service, shown by `rowlock`."""

import asyncio

import typer

from chassis.database import Database
from reservation.settings import Settings
from reservation.usecases.expire_holds import expire_holds

commands = typer.Typer()


@commands.command("expire-holds")
def expire_holds_command() -> None:
    """Tidy up all expired holds now. The worker does this by itself; seats are free either way."""
    typer.echo(f"{asyncio.run(_expire_holds())} holds expired")


async def _expire_holds() -> int:
    settings = Settings.from_environment()
    db = Database(settings.database_url, pool_size=1, application_name="rowlock-expire-holds")
    try:
        return await expire_holds(db, batch_max=settings.expire_holds_batch_max)
    finally:
        await db.close()
