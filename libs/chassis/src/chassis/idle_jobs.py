"""Jobs look for work all the time, and mostly there is none: such a run leaves no trace.

Which it was is known at its end. Until then the spans of a run are kept here; they go on with its own, or
not at all.
"""

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from chassis.tracing import DONE, JOB

KEPT_SPANS_MAX = 200
"""Of one run. One that does more is not idle."""


class IdleJobs(SpanProcessor):
    """Passes every span on to `onward`, but for those of runs that had nothing to do."""

    def __init__(self, onward: SpanProcessor) -> None:
        self._onward = onward
        self._kept: dict[int, list[ReadableSpan]] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """See SpanProcessor."""
        if span.parent is None and span.context and span.attributes and JOB in span.attributes:
            self._kept[span.context.trace_id] = []
        self._onward.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """See SpanProcessor."""
        trace_id = span.context.trace_id if span.context else 0
        kept = self._kept.get(trace_id)
        if kept is None:
            self._onward.on_end(span)
            return
        kept.append(span)
        ends = span.parent is None
        if ends or len(kept) >= KEPT_SPANS_MAX:
            self._kept.pop(trace_id, None)
            if not (ends and (span.attributes or {}).get(DONE) == 0):
                for each in kept:
                    self._onward.on_end(each)

    def shutdown(self) -> None:
        """See SpanProcessor."""
        self._onward.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """See SpanProcessor."""
        return self._onward.force_flush(timeout_millis)
