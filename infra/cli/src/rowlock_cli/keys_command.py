"""`rowlock keys`."""

from pathlib import Path
from typing import Annotated

import typer

from chassis.wrapping_keys import WrappingKeysUnusable
from rowlock_cli.environment import home
from rowlock_cli.failure import fail
from rowlock_cli.keys import WRAPPING_KEYS, add_wrapping_key, create_keys

commands = typer.Typer()
keys = typer.Typer(help="Keys.", no_args_is_help=True)
commands.add_typer(keys, name="keys")


@keys.callback()
def key_files() -> None:
    """Keys that sign, seal and compare."""


@keys.command()
def create(
    *,
    folder: Annotated[Path | None, typer.Option(help="Where; beside the local system unless given.")] = None,
) -> None:
    """Make the key files that are missing: keys that sign tokens, wrap data keys, make fingerprints, and
    let services know each other. None is ever replaced.
    """
    made = create_keys(folder or home() / "keys")
    for file in made:
        print(f"made {file}")
    if not made:
        print("every key is there already")


@keys.command("add-wrapping-key")
def add_key(
    *,
    file: Annotated[
        Path | None, typer.Option(envvar="WRAPPING_KEYS", help="The file; the local system's unless given.")
    ] = None,
) -> None:
    """Make a new wrapping key the active one; the others stay for what they wrapped. `rowlock keys rotate`
    then wraps every data key with it. Each service must be given the file before that.
    """
    file = file or home() / "keys" / WRAPPING_KEYS
    try:
        print(f"{file}: {add_wrapping_key(file)} is the active wrapping key")
    except WrappingKeysUnusable as error:
        fail(str(error))
