"""Shows the logs of all processes as one, each line with the name of its process."""

import asyncio
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from rowlock_local.home import Home

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
POLL_S = 0.15
CHUNK_BYTES = 256 * 1024


class LogView:
    """Follows every log of a home, new ones too; reads files, so it slows no process down."""

    def __init__(self, home: Home, *, out: TextIO = sys.stdout) -> None:
        self._home = home
        self._out = out
        self._colours = itertools.cycle(COLOURS)
        self._prefixes: dict[Path, str] = {}
        self._offsets: dict[Path, int] = {}
        self._rests: dict[Path, bytes] = {}

    def skip_to_end(self, *, keep_bytes: int = 0) -> None:
        """Begin with what is written from now on, or with the last few bytes of each log."""
        for log in self._logs():
            self._offsets[log] = max(log.stat().st_size - keep_bytes, 0)

    async def follow(self) -> None:
        """Print new lines until cancelled."""
        while True:
            self.print_new()
            await asyncio.sleep(POLL_S)

    def print_new(self) -> None:
        """Print what has been written since the last time."""
        for log in self._logs():
            for line in self._new_lines(log):
                print(f"{self._prefix(log)} {readable(line)}", file=self._out)
        self._out.flush()

    def _logs(self) -> list[Path]:
        return sorted(log for log in self._home.logs.glob("*.log") if log.name != "start.log")

    def _new_lines(self, log: Path) -> Iterator[str]:
        size = log.stat().st_size
        offset = self._offsets.get(log, 0)
        if size < offset:  # it was emptied
            offset = 0
        if size == offset:
            return
        with log.open("rb") as file:
            file.seek(offset)
            text = self._rests.get(log, b"") + file.read(CHUNK_BYTES)
            self._offsets[log] = file.tell()
        *lines, self._rests[log] = text.split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)

    def _prefix(self, log: Path) -> str:
        if log not in self._prefixes:
            name = f"{log.stem:<20}│"
            coloured = f"\x1b[{next(self._colours)}m{name}\x1b[0m"
            self._prefixes[log] = coloured if self._out.isatty() else name
        return self._prefixes[log]


def readable(line: str) -> str:
    """The gateway's JSON lines in short; every other line as it is."""
    if not line.startswith("{"):
        return line
    try:
        fields: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        return line
    if "RequestMethod" in fields:
        took_ms = fields.get("Duration", 0) / 1e6
        path, status = fields.get("RequestPath", ""), fields.get("DownstreamStatus", "")
        return f"{fields['RequestMethod']} {path} {status} {took_ms:.1f} ms {fields.get('ServiceName', '')}"
    return f"{fields.get('level', '')} {fields.get('message', line)}".strip()
