"""What operators do with accounts: `rowlock accounts`, `rowlock organizations` and more."""

import typer

from accounts.commands import accounts, organizations, roles, signing

commands = typer.Typer(no_args_is_help=True)
commands.add_typer(accounts.commands, name="accounts")
commands.add_typer(organizations.commands, name="organizations")
commands.add_typer(roles.commands, name="roles")
commands.add_typer(signing.keys, name="keys")
commands.command("token")(signing.token)
