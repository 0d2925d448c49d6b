"""`rowlock accounts`."""

from typing import Annotated
from uuid import UUID

import typer

from accounts.api.fields import EMAIL, NAME, NEW_PASSWORD
from accounts.clients.passwords import Passwords
from accounts.commands.process import Process, command
from accounts.domain.account import Account
from accounts.usecases.create_account import EmailTaken, create_account
from chassis.clock import utc_now
from chassis.ids import new_id

commands = typer.Typer(no_args_is_help=True, help="Accounts of people.")


@commands.callback()
def of_people() -> None:
    """Accounts of people."""


@commands.command()
def create(
    email: Annotated[str, typer.Argument(help="Counts as verified.")],
    *,
    password: Annotated[
        str,
        typer.Option(
            envvar="ROWLOCK_ACCOUNT_PASSWORD",
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            help="Better typed when asked for, or in the environment, than on the command line.",
        ),
    ],
    name: Annotated[str | None, typer.Option(help="How the person is called.")] = None,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="An account there is already is left as it is.")
    ] = False,
) -> None:
    """Make a verified account and print its id: for the first operator, or for a demonstration."""

    async def work(process: Process) -> UUID:
        try:
            return await _create(process, email, password, name)
        except EmailTaken as taken:
            if not if_missing:
                raise
            return taken.account_id

    typer.echo(str(command(work)))


async def _create(process: Process, email: str, password: str, name: str | None) -> UUID:
    now = utc_now()
    account = Account(
        account_id=new_id(),
        email=EMAIL.validate_python(email),
        name=NAME.validate_python(name),
        email_verified_at=now,
        created_at=now,
    )
    passwords = Passwords.of_settings(process.settings)
    password_hash = await passwords.hash(NEW_PASSWORD.validate_python(password))
    fingerprint = process.fingerprints.email(account.email)
    await process.db.run(
        lambda tx: create_account(
            tx,
            sealer=process.sealer,
            account=account,
            email_fingerprint=fingerprint,
            password_hash=password_hash,
        )
    )
    return account.account_id
