"""Spans: what a request, a message or a job did, and how long each step took.

Off unless `tracing_export` was started; then everything here costs a comparison. Two kinds of block:

    with tracing.work(follow(traceparent, request_id), "process orders", CONSUMER):  # a piece of work
        with tracing.step("send mail", CLIENT):                                      # a step of it

A piece of work binds its trace context, with or without tracing. A step outside of any work leaves no span:
what a process does for itself (polling, probes) is in no trace. Names and attributes say what kind of thing
was done, with the identifiers of messages and requests; never a parameter, a path, a query or a token.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
)

from chassis.trace_context import TraceContext, bound, current

__all__ = [
    "CLIENT",
    "CONSUMER",
    "DONE",
    "INTERNAL",
    "JOB",
    "PRODUCER",
    "SERVER",
    "Origin",
    "SpanBlock",
    "enabled",
    "here",
    "origin_columns",
    "recording",
    "shared_work",
    "step",
    "traceparent",
    "use",
    "work",
]

CLIENT, CONSUMER, INTERNAL = SpanKind.CLIENT, SpanKind.CONSUMER, SpanKind.INTERNAL
PRODUCER, SERVER = SpanKind.PRODUCER, SpanKind.SERVER

JOB = "rowlock.job"
DONE = "rowlock.job.done"
"""How much a run of a job did; one that did nothing leaves no trace (see `idle_jobs`)."""

Attributes = Mapping[str, str | int | float | bool]

_tracer: Tracer | None = None


class SpanBlock(Protocol):
    """A span while it lasts, or nothing that looks like one. An exception that leaves the block marks it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None, /
    ) -> None: ...

    def set(self, name: str, value: str | float) -> None:
        """An attribute that is known only now."""
        ...

    def rename(self, name: str) -> None:
        """A better name than it began with."""
        ...

    def failed(self, error_type: str) -> None:
        """It did not do what it should, in one word or the name of an error."""
        ...


def use(tracer: Tracer | None) -> None:
    """Make spans with `tracer` from now on, or none."""
    global _tracer  # noqa: PLW0603 -- one process, one tracer
    _tracer = tracer


def enabled() -> bool:
    """Whether spans are made, so whether attributes are worth gathering."""
    return _tracer is not None


def work(
    context: TraceContext, name: str, kind: SpanKind = INTERNAL, attributes: Attributes | None = None
) -> SpanBlock:
    """A piece of work that belongs to `context`."""
    if _tracer is None:
        return _Unseen(context)
    span = _tracer.start_span(name, _parent(context), kind, attributes)
    return _Work(span, context.request_id)


def step(name: str, kind: SpanKind = INTERNAL, attributes: Attributes | None = None) -> SpanBlock:
    """A step of the work at hand."""
    if _tracer is None or not trace.get_current_span().is_recording():
        return NOTHING
    return _Seen(_tracer.start_span(name, None, kind, attributes))


def recording() -> bool:
    """Whether a step begun here would be seen, so whether its attributes are worth gathering."""
    return _tracer is not None and trace.get_current_span().is_recording()


class Origin(NamedTuple):
    """Where something comes from that will be done together with others'."""

    context: TraceContext | None
    span: Span | None


def here() -> Origin:
    """The work at hand, for `shared_work`."""
    return Origin(current(), None if _tracer is None else trace.get_current_span())


def shared_work(name: str, origins: Sequence[Origin], attributes: Attributes | None = None) -> SpanBlock:
    """What is done once for all of `origins`: a step of the first of them that is seen, linked with the
    others. To be entered where none of them is bound.
    """
    seen = [origin for origin in origins if origin.span is not None and origin.span.is_recording()]
    if _tracer is None or not seen:
        return _Unseen(origins[0].context if origins else None)
    (context, first), *others = seen
    links = [Link(span.get_span_context()) for _, span in others if span]
    parent = None if first is None else trace.set_span_in_context(first, otel_context.Context())
    span = _tracer.start_span(name, parent, INTERNAL, attributes, links)
    for _, other in others:
        if other is not None:
            other.add_link(span.get_span_context())
    return _Work(span, context and context.request_id)


def traceparent() -> str | None:
    """What tells the next one, by message or request, which step it follows; None outside of any work."""
    if _tracer is not None and (span := trace.get_current_span().get_span_context()).is_valid:
        return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"
    context = current()
    return context and context.traceparent


def origin_columns() -> dict[str, str | None]:
    """`traceparent` and `request_id` of the work at hand, for a row that somebody will work on later."""
    context = current()
    return {"traceparent": traceparent(), "request_id": context and context.request_id}


def _parent(context: TraceContext) -> otel_context.Context:
    if context.is_begun:
        return otel_context.Context()
    remote = SpanContext(
        int(context.trace_id, 16), int(context.parent_id, 16), True, TraceFlags(int(context.flags, 16))
    )
    return trace.set_span_in_context(NonRecordingSpan(remote), otel_context.Context())


class _Nothing:
    """The block of a span that is not made."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def set(self, name: str, value: str | float) -> None:
        """See SpanBlock."""

    def rename(self, name: str) -> None:
        """See SpanBlock."""

    def failed(self, error_type: str) -> None:
        """See SpanBlock."""


NOTHING = _Nothing()


class _Unseen(bound, _Nothing):
    """Work without a span: known in its log lines and messages all the same."""

    __slots__ = ()


class _Seen:
    """A span that is made. What was wrong is told by the error's type: its words may name people."""

    __slots__ = ("_attached", "_span")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Self:
        self._attached = otel_context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        otel_context.detach(self._attached)
        if kind is not None:
            self.failed(kind.__qualname__)
        self._span.end()

    def set(self, name: str, value: str | float) -> None:
        """See SpanBlock."""
        self._span.set_attribute(name, value)

    def rename(self, name: str) -> None:
        """See SpanBlock."""
        self._span.update_name(name)

    def failed(self, error_type: str) -> None:
        """See SpanBlock."""
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(StatusCode.ERROR)


class _Work(_Seen):
    """A span that begins a piece of work, bound as its trace context."""

    __slots__ = ("_bound",)

    def __init__(self, span: Span, request_id: str | None) -> None:
        super().__init__(span)
        of = span.get_span_context()
        self._bound = bound(
            TraceContext(f"{of.trace_id:032x}", f"{of.span_id:016x}", f"{of.trace_flags:02x}", request_id)
        )

    def __enter__(self) -> Self:
        self._bound.__enter__()
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, at)
        self._bound.__exit__(kind, error, at)
