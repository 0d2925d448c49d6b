"""Where spans go: to an OpenTelemetry collector over OTLP/HTTP, from a thread beside the work.

Nothing waits for it. The queue has a limit, and what does not fit is lost; so is what the collector does not
take in time. One log line says when that begins, and one when it is over.
"""

import threading
from collections.abc import Sequence
from importlib.metadata import version
from os import getpid
from socket import gethostname
from urllib.parse import urlsplit

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased

from chassis import tracing
from chassis.idle_jobs import IdleJobs
from chassis.logs import get_logger

QUEUE_SPANS_MAX = 8_192
BATCH_SPANS_MAX = 256
"""Encoding a batch holds up the event loop for its share of the interpreter: a few milliseconds."""
SEND_EVERY_MS = 1_000
SEND_S_MAX = 5.0
STOP_S_MAX = 2.0

log = get_logger()


class TraceExport:
    """Sends the spans of this process to the collector at `endpoint` (its base URL), from now on."""

    def __init__(self, *, endpoint: str, sample_ratio: float, service: str, process: str) -> None:
        session = requests.Session()
        session.trust_env = False  # a proxy that the environment names is not on the way to our collector
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=SEND_S_MAX, session=session
        )
        self._batches = BatchSpanProcessor(
            _Told(exporter, to=urlsplit(endpoint).netloc.rpartition("@")[2]),
            max_queue_size=QUEUE_SPANS_MAX,
            max_export_batch_size=BATCH_SPANS_MAX,
            schedule_delay_millis=SEND_EVERY_MS,
        )
        self._provider = TracerProvider(
            sampler=sampler_of(sample_ratio),
            resource=Resource.create(
                {
                    "service.name": f"rowlock-{service}",
                    "service.namespace": "rowlock",
                    "service.version": version("rowlock-chassis"),
                    "service.instance.id": f"{gethostname()}:{getpid()}",
                    "rowlock.process": process,
                }
            ),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(IdleJobs(self._batches))
        tracing.use(self._provider.get_tracer("rowlock"))
        log.info("tracing_started", sample_ratio=sample_ratio)

    @property
    def queued(self) -> int:
        """Spans that wait to be sent."""
        return len(self._batches._batch_processor._queue)  # noqa: SLF001 -- the library tells it nowhere else

    def stop(self) -> None:
        """Send what is there, for STOP_S_MAX at most: a collector that is away keeps no process alive."""
        tracing.use(None)
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(STOP_S_MAX)


def sampler_of(ratio: float) -> Sampler:
    """Takes `ratio` of the traces that begin here, and of those that others ask for: a client that asks for
    all of its own gets no more. One that somebody does not take is not taken up again.

    It goes by the trace's id, so the same ratio everywhere keeps traces whole.
    """
    by_id = TraceIdRatioBased(ratio)
    return ParentBased(root=by_id, remote_parent_sampled=by_id)


class _Told(SpanExporter):
    """Says once that spans are lost, and once that they are not any more: the library would at each try."""

    def __init__(self, exporter: SpanExporter, *, to: str) -> None:
        self._exporter = exporter
        self._to = to
        self._lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            if not self._lost:
                log.warning("spans_lost", collector=self._to)
            self._lost += len(spans)
        elif self._lost:
            log.info("spans_arrive_again", collector=self._to, lost=self._lost)
            self._lost = 0
        return result

    def shutdown(self) -> None:
        """See SpanExporter."""
        self._exporter.shutdown()
