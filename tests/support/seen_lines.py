"""The log lines of this process while a block runs, with what is added to every line."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from chassis.logs import add_trace_context


@contextmanager
def seen_lines() -> Iterator[list[dict[str, Any]]]:
    """Each line as its facts. Nothing is written, and no logger remembers where it wrote."""
    before = structlog.get_config()
    lines: list[dict[str, Any]] = []

    def keep(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> Any:
        lines.append(dict(facts))
        raise structlog.DropEvent

    structlog.configure(processors=[add_trace_context, keep], cache_logger_on_first_use=False)
    try:
        yield lines
    finally:
        structlog.configure(**before)
