"""The `rowlock` command: its own commands, and those that each service brings along."""

import typer

from rowlock_cli import dead_letters, erase_command, queues, rotate_command, schemas
from rowlock_cli.doctor import command as doctor
from rowlock_cli.environment import load_environment
from rowlock_cli.services import add_service_commands
from rowlock_cli.status import command as status


def create_app() -> typer.Typer:
    """Every command there is in this installation."""
    app = typer.Typer(
        name="rowlock",
        help="Operate Rowlock, the ticket reservation system.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        callback=load_environment,
        epilog="Settings come from the environment; beside a local system (make up), from its .rowlock/env.",
    )
    for module in (status, doctor, rotate_command, schemas, queues, dead_letters, erase_command):
        app.add_typer(module.commands)
    add_service_commands(app)
    return app


app = create_app()
