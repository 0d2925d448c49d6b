"""Which trace and which request the work at hand belongs to: on every log line, in every message.

There is one with or without tracing: `chassis.tracing` makes spans of a trace, this names it. As W3C Trace
Context has it, `traceparent` is `00-<trace id>-<id of the step before>-<flags>`, all in lower-case hex.
"""

import re
from contextvars import ContextVar, Token
from random import getrandbits
from types import TracebackType
from typing import NamedTuple, Self

# Whatever a version after ours appends is passed over; `ff` is no version.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-[!-~]*)?")
_NO_TRACE, _NO_PARENT = "0" * 32, "0" * 16
_NOT_SAMPLED = "00"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")


class TraceContext(NamedTuple):
    """The trace, the step of it that this work follows, and the request it all began with, if it was one.

    One that just began follows nothing: its `parent_id` is there for those who work on.
    """

    trace_id: str
    parent_id: str
    flags: str
    request_id: str | None
    is_begun: bool = False

    @property
    def traceparent(self) -> str:
        """For whoever works on: a header, the column of an outbox row, an attribute of a CloudEvent."""
        return f"00-{self.trace_id}-{self.parent_id}-{self.flags}"


_current: ContextVar[TraceContext | None] = ContextVar("rowlock_trace_context", default=None)


def current() -> TraceContext | None:
    """What the running task works for; None outside of all requests, messages and jobs."""
    return _current.get()


def begin(request_id: str | None = None) -> TraceContext:
    """A trace of its own. Its ids tell apart, and keep nothing secret."""
    return TraceContext(f"{getrandbits(128):032x}", f"{getrandbits(64):016x}", _NOT_SAMPLED, request_id, True)


def follow(traceparent: str | None, request_id: str | None) -> TraceContext:
    """The trace that `traceparent` names, or one of its own where it names none."""
    if traceparent and (parts := _TRACEPARENT.fullmatch(traceparent)):
        trace_id, parent_id, flags = parts.groups()
        if trace_id != _NO_TRACE and parent_id != _NO_PARENT:
            return TraceContext(trace_id, parent_id, flags, request_id)
    return begin(request_id)


def usable_traceparent(text: object) -> str | None:
    """The traceparent, if it is one by its form."""
    return text if isinstance(text, str) and _TRACEPARENT.fullmatch(text) else None


def usable_request_id(text: object) -> str | None:
    """The request id, if it is one that may stand in a header and a log line."""
    return text if isinstance(text, str) and _REQUEST_ID.fullmatch(text) else None


class bound:  # noqa: N801 -- `with bound(context):` is a verb
    """While the block runs, and in the tasks it starts, `current()` is `context`."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: TraceContext | None) -> None:
        self._context = context

    def __enter__(self) -> Self:
        self._token: Token[TraceContext | None] = _current.set(self._context)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        _current.reset(self._token)
