"""Tracing in the process of a test, into its memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import tracing
from chassis.idle_jobs import IdleJobs
from chassis.tracing_export import sampler_of


class SeenSpans:
    """The spans that ended so far, in the order of their ends."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def all(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.all]

    def one(self, name: str) -> ReadableSpan:
        found = [span for span in self.all if span.name == name]
        assert len(found) == 1, f"{name}: {self.names}"
        return found[0]


@contextmanager
def seen_spans(*, sample_ratio: float = 1.0) -> Iterator[SeenSpans]:
    """Tracing is on until the block ends."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=sampler_of(sample_ratio), shutdown_on_exit=False)
    provider.add_span_processor(IdleJobs(SimpleSpanProcessor(exporter)))
    tracing.use(provider.get_tracer("tests"))
    try:
        yield SeenSpans(exporter)
    finally:
        tracing.use(None)


def ids_of(span: ReadableSpan) -> tuple[str, str]:
    """Trace id and span id, in hex."""
    context = span.get_span_context()
    assert context
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def parent_of(span: ReadableSpan) -> str | None:
    """The parent's span id, in hex."""
    return span.parent and f"{span.parent.span_id:016x}"
