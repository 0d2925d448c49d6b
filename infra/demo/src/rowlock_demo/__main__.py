"""`python -m rowlock_demo`: draw the examples, load the demo, walk a buyer through it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.text import Text

from accounts.commands.signing import mint
from messages.catalog import FIRST_ORGANIZATION_ID
from rowlock_cli.environment import load_environment
from rowlock_demo.drawing import write_examples
from rowlock_demo.gateway import Gateway
from rowlock_demo.journeys import free_order, priced_order, released_hold
from rowlock_demo.journeys.buyer import Buyer, Tokens
from rowlock_demo.load import Loader
from rowlock_demo.surprise import Surprise
from rowlock_demo.transcript import Transcript

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)


@commands.callback()
def demo() -> None:
    """Draw the example venues, load the demo, walk a buyer through it."""
    load_environment()


def _default_url() -> str:
    return os.environ.get("ROWLOCK_URL") or f"http://127.0.0.1:{os.environ.get('ROWLOCK_PORT', '8080')}"


def _token(given: str | None, *, role: str) -> str:
    """The token handed in, or one minted with the system's own key for somebody new."""
    return given or mint(subject=f"demo-{role}-{uuid4().hex[:8]}", roles=[role])


def _organizer_token() -> str:
    """Of an organizer of the organization that the demo's events belong to."""
    within = {FIRST_ORGANIZATION_ID: ["organizer"]}
    return mint(subject="demo-organizer", roles=["organizer"], organizations=within)


Url = Annotated[
    str, typer.Option(default_factory=_default_url, help="The gateway.", show_default="$ROWLOCK_URL")
]


def _token_option(role: str) -> typer.models.OptionInfo:
    return typer.Option(
        envvar=f"ROWLOCK_{role.upper()}_TOKEN", help=f"Access token with the role {role}; minted if left out."
    )


@commands.command()
def load(url: Url, organizer_token: Annotated[str | None, _token_option("organizer")] = None) -> None:
    """Load the venues and events and wait until they are on sale; a second load makes nothing new."""
    with _telling_surprises(), console.status("Loading the demo"):
        token = organizer_token or _organizer_token()
        Loader(Gateway(url), token=token, report=_report).load(now=datetime.now(UTC))


@commands.command()
def walk(
    url: Url,
    buyer_token: Annotated[str | None, _token_option("buyer")] = None,
    operator_token: Annotated[str | None, _token_option("operator")] = None,
) -> None:
    """Walk one buyer through the gateway, printing each request and answer; stops where something differs."""
    tell = Transcript(console)
    with _telling_surprises():
        tokens = Tokens(
            buyer=_token(buyer_token, role="buyer"), operator=_token(operator_token, role="operator")
        )
        buyer = Buyer(seen=Gateway(url, watch=tell.exchange), quiet=Gateway(url), tokens=tokens, tell=tell)
        for journey in (free_order, priced_order, released_hold):
            journey.walk(buyer)
        console.print()
        console.print(Text("Everything went as it should.", style="bold green"))


@commands.command()
def draw(folder: Annotated[Path, typer.Argument(help="Where the files go.")] = Path("examples")) -> None:
    """Draw the example venues as seating plans (JSON) and as pictures (SVG)."""
    for file in write_examples(folder):
        console.print(str(file))


def _report(kind: str, name: str, outcome: str) -> None:
    console.print(f"  {kind:<14}{name:<48}{outcome}")


@contextmanager
def _telling_surprises() -> Iterator[None]:
    try:
        yield
    except Surprise as reason:
        Console(stderr=True, highlight=False, soft_wrap=True).print(Text(str(reason), style="bold red"))
        sys.exit(1)


if __name__ == "__main__":
    commands()
