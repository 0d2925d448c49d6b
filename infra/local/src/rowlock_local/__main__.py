"""`python -m rowlock_local up|down|reset|status|logs`."""

import asyncio
import sys
from contextlib import suppress
from typing import Annotated

import typer
from pydantic import ValidationError

from rowlock_cli.environment import load_dotenv
from rowlock_local.detached import up_detached
from rowlock_local.down import down as end
from rowlock_local.down import reset as wipe
from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.log_view import LogView
from rowlock_local.settings import LocalSettings
from rowlock_local.status import status as look
from rowlock_local.up import up as start

app = typer.Typer(
    help="Run the whole of Rowlock on this machine.", no_args_is_help=True, pretty_exceptions_enable=False
)


@app.command()
def up(
    *,
    detach: Annotated[
        bool, typer.Option(help="Start in the background and return when everything is ready.")
    ] = False,
    follow: Annotated[bool, typer.Option(help="Show the logs of every process.")] = True,
) -> None:
    """Start everything, say where it is, follow the logs; Ctrl-C ends it all."""
    settings, home = settings_and_home()
    if detach:
        up_detached(home)
    else:
        start(settings=settings, home=home, follow=follow)


@app.command()
def down() -> None:
    """End everything that runs from this home."""
    print(end(settings_and_home()[1]))


@app.command()
def reset() -> None:
    """End everything and delete the data, keys and passwords."""
    print(wipe(settings_and_home()[1]))


@app.command()
def status() -> None:
    """Say what runs; exit code 0 when everything is up."""
    words, ready = look(settings_and_home()[1])
    print(words)
    raise typer.Exit(0 if ready else 1)


@app.command()
def logs(*, follow: Annotated[bool, typer.Option(help="Go on with new lines until Ctrl-C.")] = True) -> None:
    """Show the end of every log, and what is written from now on."""
    view = LogView(settings_and_home()[1])
    view.skip_to_end(keep_bytes=2000)
    view.print_new()
    if follow:
        with suppress(KeyboardInterrupt):
            asyncio.run(view.follow())


def settings_and_home() -> tuple[LocalSettings, Home]:
    """From the environment and `.env`, which services are given too."""
    load_dotenv()
    try:
        settings = LocalSettings()
    except ValidationError as error:
        wrong = "; ".join(f"{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        raise LauncherError(f"A setting is wrong: {wrong}.") from None
    return settings, Home(settings.rowlock_home)


def main() -> None:
    """Run the command; what goes wrong is one sentence, not a stack trace."""
    try:
        app()
    except LauncherError as error:
        print(f"\n{error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
