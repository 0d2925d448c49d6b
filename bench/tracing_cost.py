"""What tracing costs: off, on but not sampled, and on.

    .venv/bin/python -m bench.tracing_cost

Microseconds of one processor for what tracing itself does, without the work it watches. The best of many
short rounds counts, so that a busy machine does not change the figures.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from chassis import tracing
from chassis.http.request_span import request_work, tell_answer
from chassis.idle_jobs import IdleJobs
from chassis.logs import add_trace_context
from chassis.message_spans import sending
from chassis.statement_spans import statement_step
from chassis.trace_context import bound, follow
from chassis.tracing_export import BATCH_SPANS_MAX, QUEUE_SPANS_MAX, sampler_of

CALLS, ROUNDS = 50, 200
SCOPE = {"method": "GET", "headers": [], "scheme": "http"}
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STATEMENTS = ("SELECT a.b FROM orders.orders a", "INSERT INTO orders.outbox (a) VALUES (%s)", "COMMIT")


class _Kept(SpanExporter):
    """Keeps enough spans to see what encoding costs."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        if len(self.spans) < BATCH_SPANS_MAX:
            self.spans.extend(spans)
        return SpanExportResult.SUCCESS


def request() -> None:
    """A request, as the edge does it."""
    with request_work(SCOPE, traceparent=TRACEPARENT, request_id="request-1") as span:
        tell_answer(span, SCOPE, 200)


def request_with_statements() -> None:
    """A request with as many statements as STATEMENTS has."""
    with request_work(SCOPE, traceparent=TRACEPARENT, request_id="request-1") as span:
        for statement in STATEMENTS:
            with statement_step(statement):
                pass
        tell_answer(span, SCOPE, 200)


def message() -> None:
    """A message sent; one that is processed costs as much."""
    context = follow(TRACEPARENT, "request-1")
    with sending(context, message_type="orders.order_confirmed.v1", message_id=uuid.UUID(int=1)):
        pass


def log_line() -> None:
    """A line's ids."""
    add_trace_context(None, "", {})


def best_us(work: Callable[[], None]) -> float:
    """Of one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CALLS):
            work()
        best = min(best, time.perf_counter() - began)
    return round(best / CALLS * 1e6, 2)


@contextmanager
def _traced(ratio: float, exporter: SpanExporter) -> Iterator[None]:
    provider = TracerProvider(sampler=sampler_of(ratio), shutdown_on_exit=False)
    batches = BatchSpanProcessor(
        exporter, max_queue_size=QUEUE_SPANS_MAX, max_export_batch_size=BATCH_SPANS_MAX
    )
    provider.add_span_processor(IdleJobs(batches))
    tracing.use(provider.get_tracer("bench"))
    try:
        yield
    finally:
        tracing.use(None)
        provider.shutdown()


def _figures() -> dict[str, float]:
    works = {"request": request, "request with 3 statements": request_with_statements, "message": message}
    return {name: best_us(work) for name, work in works.items()}


def main() -> None:
    """Print the figures."""
    figures: dict[str, object] = {"off": _figures()}
    with bound(follow(TRACEPARENT, "request-1")):
        figures["ids of a log line"] = best_us(log_line)
    with _traced(0.0, _Kept()):
        figures["on, not sampled"] = _figures()
    kept = _Kept()
    with _traced(1.0, kept):
        figures["on"] = _figures()
    spans = kept.spans[:BATCH_SPANS_MAX]
    encoding = best_us(lambda: _encode(spans[:16])) / 16
    figures["encoding a span, in the sending thread"] = round(encoding, 2)
    print(json.dumps(figures, indent=2))


def _encode(spans: Sequence[ReadableSpan]) -> None:
    encode_spans(spans).SerializePartialToString()


if __name__ == "__main__":
    main()
