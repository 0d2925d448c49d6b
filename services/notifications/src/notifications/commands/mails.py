"""`rowlock mails list|resend`."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from chassis.database import Database, Transaction
from notifications.domain.mails import MailState
from notifications.queries import mails_in_state
from notifications.usecases.resend_mail import MailNotFound, resend_mail

R = TypeVar("R")

commands = typer.Typer(no_args_is_help=True)
mails = typer.Typer(no_args_is_help=True, help="Mails: what was sent, what waits, what was given up.")
commands.add_typer(mails, name="mails")


@mails.command("list")
def list_mails(
    *,
    state: Annotated[MailState, typer.Option(help="Which mails")] = MailState.GIVEN_UP,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most lines")] = 100,
) -> None:
    """List mails, the newest first: mail, kind, cause, attempts, when it was caused, why it got here."""

    async def read(tx: Transaction) -> list[str]:
        rows = await mails_in_state(tx, state=state, limit=limit)
        return [
            f"{row['mail_id']}  {row['kind']}  {row['cause_id']}  {row['claims']}  "
            f"{row['caused_at']:%Y-%m-%dT%H:%M:%SZ}  {row['reason'] or '-'} {row['smtp_code'] or ''}".rstrip()
            for row in rows
        ]

    for line in _run(read):
        typer.echo(line)


@mails.command("resend")
def resend(mail_id: UUID) -> None:
    """Send a mail again; what it says is asked for anew, and a person who is gone gets nothing."""

    async def work(tx: Transaction) -> MailState:
        return await resend_mail(tx, mail_id=mail_id)

    typer.echo(f"mail {mail_id} was {_run(work)} and is sent again now")


def _run(work: Callable[[Transaction], Awaitable[R]]) -> R:
    """Run `work` in a transaction of its own; a refusal becomes one sentence and exit code 1."""
    try:
        return asyncio.run(_in_transaction(work))
    except MailNotFound as refusal:
        typer.echo(f"There is no mail {refusal}.", err=True)
        raise typer.Exit(1) from None


async def _in_transaction(work: Callable[[Transaction], Awaitable[R]]) -> R:
    db = Database(os.environ["DATABASE_URL"], pool_size=1, application_name="rowlock-notifications")
    try:
        return await db.run(work)
    finally:
        await db.close()
