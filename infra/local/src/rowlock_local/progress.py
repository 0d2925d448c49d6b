"""Says how far the start is: a table that moves on a terminal, plain lines elsewhere."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table


class Progress:
    """Plain lines: one when a step begins and one when it is done."""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the progress while the block runs."""
        yield

    @contextmanager
    def step(self, name: str, what: str) -> Iterator[None]:
        """One step of the start; what it raises is its failure."""
        began = time.monotonic()
        self.begin(name, what)
        try:
            yield
        except asyncio.CancelledError:
            self.end(name, "called off", time.monotonic() - began)
            raise
        except BaseException:
            self.end(name, "failed", time.monotonic() - began)
            raise
        self.end(name, "ready", time.monotonic() - began)

    def begin(self, name: str, what: str) -> None:
        """A step begins."""
        print(f"{name:<20} {what}", flush=True)

    def end(self, name: str, state: str, took_s: float) -> None:
        """A step is over."""
        print(f"{name:<20} {state} after {took_s:.1f} s", flush=True)


class LiveProgress(Progress):
    """A table with a spinner for each step under way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows: dict[str, tuple[Spinner | str, str]] = {}
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the table; it stays on the screen as it last was."""
        with Live(self._table(), console=self._console, refresh_per_second=12) as self._live:
            yield

    def begin(self, name: str, what: str) -> None:
        """Add the step to the table."""
        self._rows[name] = (Spinner("dots", style="cyan"), what)
        self._refresh()

    def end(self, name: str, state: str, took_s: float) -> None:
        """Mark the step."""
        mark = "[green]✓[/]" if state == "ready" else "[red]✗[/]"
        self._rows[name] = (mark, f"{state} after {took_s:.1f} s")
        self._refresh()

    def _refresh(self) -> None:
        if self._live:
            self._live.update(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for name, (mark, what) in self._rows.items():
            table.add_row(mark, f"[bold]{name}[/]", what)
        return table


def progress_for_terminal() -> Progress:
    """The kind that fits where the output goes."""
    return LiveProgress(Console()) if sys.stdout.isatty() else Progress()
