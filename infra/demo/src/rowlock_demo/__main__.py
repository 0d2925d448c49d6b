"""`python -m rowlock_demo`: draw the examples, load the demo, walk a buyer through it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from rowlock_cli.environment import load_environment
from rowlock_demo.drawing import write_examples
from rowlock_demo.gateway import Gateway
from rowlock_demo.journeys import free_order, guest, priced_order, registered_buyer, released_hold
from rowlock_demo.journeys.buyer import Buyer, Tokens
from rowlock_demo.load import Loader
from rowlock_demo.people import ORGANIZER, make_people, token_of
from rowlock_demo.session import log_in
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


Url = Annotated[
    str, typer.Option(default_factory=_default_url, help="The gateway.", show_default="$ROWLOCK_URL")
]


def _token_option(role: str, *, otherwise: str) -> typer.models.OptionInfo:
    return typer.Option(
        envvar=f"ROWLOCK_{role.upper()}_TOKEN",
        help=f"Access token with the role {role}; if left out, {otherwise}.",
    )


OrganizerToken = Annotated[
    str | None, _token_option("organizer", otherwise=f"{ORGANIZER.email} is made and logs in")
]
BuyerToken = Annotated[str | None, _token_option("buyer", otherwise="one is signed for somebody new")]
OperatorToken = Annotated[str | None, _token_option("operator", otherwise="one is signed for somebody new")]


def _organizer_token(gateway: Gateway) -> str:
    make_people(report=_report)
    return log_in(gateway, ORGANIZER)["access_token"]


@commands.command()
def load(url: Url, organizer_token: OrganizerToken = None) -> None:
    """Make the demo's people and put its events on sale; a second load makes nothing new."""
    with _telling_surprises(), console.status("Loading the demo"):
        gateway = Gateway(url)
        token = organizer_token or _organizer_token(gateway)
        Loader(gateway, token=token, report=_report).load(now=datetime.now(UTC))


@commands.command()
def walk(
    url: Url,
    buyer_token: BuyerToken = None,
    operator_token: OperatorToken = None,
) -> None:
    """Walk one buyer through the gateway, printing each request and answer; stops where something differs."""
    tell = Transcript(console)
    with _telling_surprises():
        tokens = Tokens(
            buyer=buyer_token or token_of(role="buyer"),
            operator=operator_token or token_of(role="operator"),
        )
        buyer = Buyer(seen=Gateway(url, watch=tell.exchange), quiet=Gateway(url), tokens=tokens, tell=tell)
        for journey in (free_order, priced_order, released_hold, registered_buyer, guest):
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
