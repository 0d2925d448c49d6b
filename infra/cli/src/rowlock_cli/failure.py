"""How a command says that it could not do its work."""

from typing import NoReturn

import typer


def fail(sentence: str) -> NoReturn:
    """One sentence on standard error, exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
