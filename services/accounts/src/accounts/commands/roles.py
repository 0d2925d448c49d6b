"""`rowlock roles`."""

from typing import Annotated
from uuid import UUID

import typer

from accounts.commands.process import Process, command
from accounts.domain.roles import GRANTED_ROLES, MEMBER_ROLES, Role
from accounts.usecases.change_role import grant_role, revoke_role
from chassis.clock import utc_now

commands = typer.Typer(
    no_args_is_help=True, help="What accounts may do. A change is felt when the next access token is issued."
)

EmailArgument = Annotated[str, typer.Argument(help="E-mail of the account.")]
RoleArgument = Annotated[
    Role,
    typer.Argument(
        help=f"{', '.join(GRANTED_ROLES)}; within an organization {', '.join(sorted(MEMBER_ROLES))}"
    ),
]
OrganizationOption = Annotated[UUID | None, typer.Option(help="Within which organization.")]


@commands.command()
def grant(email: EmailArgument, role: RoleArgument, *, organization: OrganizationOption = None) -> None:
    """Grant a role."""

    async def work(process: Process) -> UUID:
        fingerprint = process.fingerprints.email(email)
        return await process.db.run(
            lambda tx: grant_role(
                tx, email_fingerprint=fingerprint, role=role, organization_id=organization, now=utc_now()
            )
        )

    typer.echo(f"account {command(work)} has the role {role}")


@commands.command()
def revoke(email: EmailArgument, role: RoleArgument, *, organization: OrganizationOption = None) -> None:
    """Take a role back; access tokens issued before carry it for some minutes."""

    async def work(process: Process) -> UUID:
        fingerprint = process.fingerprints.email(email)
        return await process.db.run(
            lambda tx: revoke_role(tx, email_fingerprint=fingerprint, role=role, organization_id=organization)
        )

    typer.echo(f"account {command(work)} no longer has the role {role}")
