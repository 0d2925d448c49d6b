"""`rowlock keys`."""

from pathlib import Path
from typing import Annotated

import typer

from rowlock_cli.environment import home
from rowlock_cli.keys import create_keys

commands = typer.Typer()
keys = typer.Typer(help="Signing keys.", no_args_is_help=True)
commands.add_typer(keys, name="keys")


@keys.callback()
def signing_keys() -> None:
    """Signing keys."""


@keys.command()
def create(
    *,
    folder: Annotated[Path | None, typer.Option(help="Where; beside the local system unless given.")] = None,
) -> None:
    """Make the key pairs that are missing, for access and hold tokens; none is ever replaced."""
    made = create_keys(folder or home() / "keys")
    for file in made:
        print(f"made {file} and {file.with_suffix('.jwks')}")
    if not made:
        print("every key is there already")
