"""Structured logs: static event names, facts as keys; each line names its trace and its request."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from pydantic_core import to_json

from chassis.trace_context import current

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up_logs(*, level: str = "info", log_format: str = "console") -> None:
    """Send structlog and the standard library's loggers to stdout in one shape."""
    shared: list[Any] = [
        add_trace_context,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Not left to a renderer: some show the values of local variables, and with them people's data.
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, _quick_renderer(log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=_renderer(log_format), foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=_LEVELS[level], force=True)
    # Their lines repeat what the chassis says with more context, or print connection details.
    for name in ("uvicorn.access", "aiormq", "aio_pika", "httpx", "opentelemetry"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def add_trace_context(
    _logger: object, _method: str, facts: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A processor of structlog: which trace and which request a line is of, unless it says so itself."""
    if (context := current()) is not None:
        facts.setdefault("trace_id", context.trace_id)
        if context.request_id is not None:
            facts.setdefault("request_id", context.request_id)
    return facts


def _renderer(log_format: str) -> Any:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())


def _quick_renderer(log_format: str) -> Any:
    """What writes a line per request: into a file nobody needs colours, and aligning costs 50 us a line."""
    if log_format == "json":
        return structlog.processors.JSONRenderer(serializer=_to_json)
    return _renderer(log_format) if sys.stdout.isatty() else _plain_line


def _to_json(facts: Any, **_: Any) -> str:
    return to_json(facts, fallback=repr).decode()


def _plain_line(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> str:
    """`<time> [<level>] <event> key=value …`, any traceback on lines below."""
    exception = facts.pop("exception", None)
    line = f"{facts.pop('timestamp')} [{facts.pop('level'):9}] {facts.pop('event'):30} "
    line += " ".join([f"{name}={_in_one_word(value)}" for name, value in facts.items()])
    return f"{line}\n{exception}" if exception else line


def _in_one_word(value: object) -> object:
    """Quoted where it could be taken for another fact or another line."""
    plain = not isinstance(value, str) or (value.isprintable() and " " not in value and value)
    return value if plain else repr(value)


def get_logger(**facts: Any) -> Any:
    """A logger that adds `facts` to each line."""
    return structlog.get_logger(**facts)
