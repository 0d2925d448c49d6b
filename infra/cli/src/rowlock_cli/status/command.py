"""`rowlock status`."""

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from chassis.clock import utc_now
from chassis.inspection import PartStatus
from rowlock_cli.asking import DEADLINE_S, DeadlineOption
from rowlock_cli.operator_settings import OperatorSettings
from rowlock_cli.services import say_where_no_system_is_known
from rowlock_cli.status.page import is_healthy, page
from rowlock_cli.status.parts import look_at_parts

WATCH_EVERY_S = 2.0
CLEAR = "\x1b[H\x1b[2J\x1b[3J"

commands = typer.Typer()


@commands.command()
def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of the screen.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every two seconds, until Ctrl-C.")
    ] = False,
    deadline_s: DeadlineOption = DEADLINE_S,
) -> None:
    """Show the health of every part in one screen. Exit code 1: something is not well, or could not be asked.

    Every question has a few seconds and runs beside the others, so dead parts do not keep you waiting.
    """
    say_where_no_system_is_known()
    settings = OperatorSettings.from_environment()
    statuses = look_at_parts(settings, deadline_s=deadline_s)
    show(statuses, settings, as_json=as_json, clear=watch)
    with suppress(KeyboardInterrupt):
        while watch:
            time.sleep(WATCH_EVERY_S)
            statuses = look_at_parts(settings, deadline_s=deadline_s)
            show(statuses, settings, as_json=as_json, clear=True)
    raise typer.Exit(0 if is_healthy(statuses) else 1)


def show(statuses: Sequence[PartStatus], settings: OperatorSettings, *, as_json: bool, clear: bool) -> None:
    """On standard output; colours and folding only where a person looks at it."""
    if as_json:
        print(json.dumps(document(statuses), default=str), flush=True)
        return
    is_terminal = sys.stdout.isatty()
    screen = page(
        statuses,
        url=settings.rowlock_url,
        now=utc_now(),
        lines_max=shutil.get_terminal_size().lines if is_terminal else None,
        coloured=is_terminal and "NO_COLOR" not in os.environ,
    )
    print((CLEAR if clear and is_terminal else "") + screen, flush=True)


def document(statuses: Sequence[PartStatus]) -> dict[str, object]:
    """What programs read."""
    return {
        "healthy": is_healthy(statuses),
        "at": utc_now().isoformat(),
        "parts": [
            {"part": each.part, "state": each.state.value, "says": each.says, "facts": dict(each.facts)}
            for each in statuses
        ],
    }
