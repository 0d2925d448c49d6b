"""The screen: a line for each part, ready replicas folded together where there are too many lines."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

import typer

from chassis.inspection import PartState, PartStatus

PART_WIDTH, STATE_WIDTH = 21, 9
LINES_BESIDE = 3
"""Title, verdict, and the line the prompt comes back on."""
COLOURS = {
    PartState.OK: typer.colors.GREEN,
    PartState.TROUBLE: typer.colors.RED,
    PartState.UNKNOWN: typer.colors.YELLOW,
}
PROCESS_ENDINGS = ("-api", "-worker")


def is_healthy(statuses: Sequence[PartStatus]) -> bool:
    """Whether every part was asked and is well."""
    return all(status.state is PartState.OK for status in statuses)


def page(
    statuses: Sequence[PartStatus], *, url: str, now: datetime, lines_max: int | None, coloured: bool
) -> str:
    """The whole screen; `lines_max` None: as many lines as it takes."""
    shown = list(statuses)
    if lines_max is not None and len(shown) + LINES_BESIDE > lines_max:
        shown = list(folded(shown))
    title = f"Rowlock at {url}".ljust(56) + f"{now:%Y-%m-%d %H:%M:%S} UTC"
    return "\n".join([title, verdict(statuses), *(line(each, coloured=coloured) for each in shown)])


def verdict(statuses: Sequence[PartStatus]) -> str:
    """The first thing to know."""
    bad = [status.part for status in statuses if status.state is PartState.TROUBLE]
    unknown = [status.part for status in statuses if status.state is PartState.UNKNOWN]
    if not bad and not unknown:
        return "Healthy."
    said = [f"trouble: {', '.join(dict.fromkeys(bad))}"] if bad else []
    said += [f"could not ask: {', '.join(dict.fromkeys(unknown))}"] if unknown else []
    return f"Not healthy. {'; '.join(said).capitalize()}."


def line(status: PartStatus, *, coloured: bool) -> str:
    """One part."""
    word = status.state.value.ljust(STATE_WIDTH)
    if coloured:
        word = typer.style(word, fg=COLOURS[status.state])
    return f"{status.part.ljust(PART_WIDTH)}{word}{status.says}"


def folded(statuses: Sequence[PartStatus]) -> Iterator[PartStatus]:
    """Ready replicas of one kind in one line; each of the others keeps its own."""
    for part, group in groupby(statuses, key=lambda status: status.part):
        several = list(group)
        ready = [status for status in several if status.state is PartState.OK]
        if len(ready) > 1 and part.endswith(PROCESS_ENDINGS):
            says = f"{len(ready)} of {len(several)} ready"
            yield PartStatus(part=part, state=PartState.OK, says=says)
            yield from (status for status in several if status.state is not PartState.OK)
        else:
            yield from several
