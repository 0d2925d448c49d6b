"""`rowlock retention` and `rowlock access-records`: what orders keeps of people, and who read it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from chassis.clock import utc_now
from chassis.database import Database
from orders.commands.transactions import run
from orders.jobs import shred_due_attendees
from orders.queries.people import access_records
from orders.settings import Settings
from orders.usecases.shred_attendees import AttendeesLeft, attendees_left

R = TypeVar("R")

commands = typer.Typer()
retention = typer.Typer(
    no_args_is_help=True, help="Attendees' data, which is shredded some days after the event."
)
commands.add_typer(retention, name="retention")


@retention.command("report")
def report() -> None:
    """Tell how many attendees are due to be shredded, kept, and shredded."""

    async def count(db: Database, settings: Settings) -> AttendeesLeft:
        async with db.snapshot() as conn:
            return await attendees_left(conn, keep_days=settings.attendee_keep_days, now=utc_now())

    _tell(_with_settings(count))


@retention.command("run")
def run_now() -> None:
    """Shred now what is due, in batches, beside the worker's job; then tell what is left."""
    shredded, left = _with_settings(shred_due_attendees)
    typer.echo(f"{shredded} attendees shredded now")
    _tell(left)


@commands.command("access-records")
def list_access_records(
    event_id: UUID,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most lines")] = 100,
) -> None:
    """List who read an event's attendees in full, the latest first: when, who, for whom, how many."""
    for row in run(lambda tx: access_records(tx, event_id=event_id, limit=limit)):
        typer.echo("{at:%Y-%m-%dT%H:%M:%SZ}  {actor}  {organization_id}  {rows}".format_map(row))


def _tell(left: AttendeesLeft) -> None:
    since = f", the oldest since {left.oldest_ended_at:%Y-%m-%d}" if left.oldest_ended_at else ""
    typer.echo(f"{left.due} due to be shredded{since}")
    typer.echo(f"{left.kept} kept until their time is over")
    typer.echo(f"{left.shredded} shredded")


def _with_settings(work: Callable[[Database, Settings], Awaitable[R]]) -> R:
    async def on_database() -> R:
        settings = Settings.from_environment()
        db = Database.of(settings, process="command")
        try:
            return await work(db, settings)
        finally:
            await db.close()

    return asyncio.run(on_database())
