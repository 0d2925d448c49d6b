"""What operators do with orders."""

import typer

from orders.commands import payments, people, reconcile, refunds

commands = typer.Typer(no_args_is_help=True)
commands.add_typer(payments.commands)
commands.add_typer(people.commands)
commands.add_typer(refunds.commands)
commands.add_typer(reconcile.commands)
