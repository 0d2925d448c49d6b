"""`rowlock token`."""

from typing import Annotated

import typer

from rowlock_cli.failure import fail
from rowlock_cli.tokens import LIFETIME_S, LIFETIME_S_MAX, ROLES, KeyMissing, mint

commands = typer.Typer()


@commands.command()
def token(
    *,
    role: Annotated[list[str], typer.Option(help=f"One of {', '.join(ROLES)}; may be repeated.")],
    subject: Annotated[str, typer.Option(help="Whose token it is: any stable id.")] = "local-user",
    lifetime_s: Annotated[
        int, typer.Option(min=1, max=LIFETIME_S_MAX, help="Seconds it is valid.")
    ] = LIFETIME_S,
) -> None:
    """Print a signed access token."""
    if unknown := [name for name in role if name not in ROLES]:
        fail(f"There is no role {unknown[0]}: use {', '.join(ROLES)}.")
    try:
        print(mint(subject=subject, roles=role, lifetime_s=lifetime_s))
    except KeyMissing as error:
        fail(str(error))
