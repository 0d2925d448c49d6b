"""`rowlock organizations`."""

from typing import Annotated
from uuid import UUID

import typer
from pydantic import TypeAdapter

from accounts.api.fields import Name
from accounts.commands.process import Process, command
from accounts.domain.organizations import Organization
from accounts.domain.roles import Role
from accounts.queries.organizations import ListedOrganization, list_organizations
from accounts.usecases.change_role import grant_role
from accounts.usecases.create_organization import OrganizationExists, create_organization
from chassis.clock import utc_now
from chassis.database import Transaction
from chassis.ids import new_id

PAGE = 100
NAME: TypeAdapter[str] = TypeAdapter(Name)

commands = typer.Typer(no_args_is_help=True, help="Organizations, who put events on.")


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="Shown in mails and lists.")],
    *,
    organizer: Annotated[
        str | None, typer.Option(help="E-mail of the account that becomes its first organizer.")
    ] = None,
    organization_id: Annotated[
        UUID | None, typer.Option("--id", help="Its id, if it must be a certain one.")
    ] = None,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="An organization with this id keeps its name.")
    ] = False,
) -> None:
    """Make an organization and print its id."""

    async def work(process: Process) -> UUID:
        organization = Organization(
            organization_id=organization_id or new_id(), name=NAME.validate_python(name), created_at=utc_now()
        )
        fingerprint = process.fingerprints.email(organizer) if organizer else None
        await process.db.run(lambda tx: _create(tx, organization, fingerprint, if_missing=if_missing))
        return organization.organization_id

    typer.echo(str(command(work)))


@commands.command("list")
def list_all() -> None:
    """Print the id and the name of every organization, newest first."""
    for listed in command(_all):
        typer.echo(f"{listed.organization.organization_id}  {listed.organization.name}")


async def _create(
    tx: Transaction, organization: Organization, organizer: str | None, *, if_missing: bool
) -> None:
    try:
        await create_organization(tx, organization=organization)
    except OrganizationExists:
        if not if_missing:
            raise
    if organizer is not None:
        await grant_role(
            tx,
            email_fingerprint=organizer,
            role=Role.ORGANIZER,
            organization_id=organization.organization_id,
            now=utc_now(),
        )


async def _all(process: Process) -> list[ListedOrganization]:
    found: list[ListedOrganization] = []
    async with process.db.snapshot() as connection:
        while True:
            before = found[-1].organization.organization_id if found else None
            page = await list_organizations(
                connection, account_id=None, others_too=True, before=before, limit=PAGE
            )
            found += page
            if len(page) < PAGE:
                return found
