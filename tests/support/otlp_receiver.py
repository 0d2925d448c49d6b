"""A collector for tests: takes spans over OTLP/HTTP and keeps them."""

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

# What Traefik writes into its spans about clients and what they asked for, and the collector takes out (infra/observability).
ABOUT_CLIENTS = {
    "client.address",
    "client.port",
    "network.peer.address",
    "network.peer.port",
    "url.full",
    "url.path",
    "url.query",
    "user_agent.original",
}
KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as a trace viewer would have it."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    linked: tuple[str, ...]
    is_error: bool
    starts_ns: int
    ends_ns: int


@dataclass
class OtlpReceiver:
    """What has arrived so far; `url` is what OTEL_EXPORTER_OTLP_ENDPOINT takes."""

    url: str
    requests: int = 0
    answer: int = 200
    """What it says to spans; it keeps them with 200 only."""
    spans: list[ReceivedSpan] = field(default_factory=list[ReceivedSpan])

    def of_trace(self, trace_id: str) -> list[ReceivedSpan]:
        """The spans of a trace."""
        return [span for span in list(self.spans) if span.trace_id == trace_id]

    def take(self, body: bytes) -> None:
        """Keep the spans of one request."""
        self.spans.extend(_spans(ExportTraceServiceRequest.FromString(body)))


@contextmanager
def otlp_receiver() -> Iterator[OtlpReceiver]:
    """A collector on a port of its own, until the block ends."""
    received = OtlpReceiver("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self._body()
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            received.requests += 1
            status = received.answer if self.path == "/v1/traces" else 404
            if status == 200:
                received.take(body)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def _body(self) -> bytes:
            """Traefik sends chunks, each after its length in hex, and an empty one at the end."""
            if self.headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(self.headers["content-length"]))
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its name there
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()


def _spans(request: ExportTraceServiceRequest) -> Iterator[ReceivedSpan]:
    for resource in request.resource_spans:
        service = _attributes(resource.resource.attributes).get("service.name", "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield ReceivedSpan(
                    service=service,
                    name=span.name,
                    kind=KINDS[span.kind],
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    attributes=_attributes(span.attributes),
                    linked=tuple(link.span_id.hex() for link in span.links),
                    is_error=span.status.code == 2,
                    starts_ns=span.start_time_unix_nano,
                    ends_ns=span.end_time_unix_nano,
                )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}
