"""A request as a piece of work: bound by its trace context, seen as a span by its route."""

from starlette.types import Scope

from chassis import tracing
from chassis.http.route_template import route_template
from chassis.trace_context import follow

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"
"""A method that somebody made up, as the semantic conventions have it."""
FAILED_FROM = 500


def request_work(scope: Scope, *, traceparent: str | None, request_id: str) -> tracing.SpanBlock:
    """The work of answering; follows the step that sent the request."""
    context = follow(traceparent, request_id)
    if not tracing.enabled():
        return tracing.work(context, "")
    method = scope["method"] if scope["method"] in METHODS else OTHER
    attributes = {
        "http.request.method": method,
        "url.scheme": scope.get("scheme", "http"),
        "rowlock.request_id": request_id,
    }
    return tracing.work(context, method, tracing.SERVER, attributes)


def tell_answer(span: tracing.SpanBlock, scope: Scope, status: int) -> None:
    """The route's template, not the path, and never the query: ids and tokens of people stay out."""
    if not tracing.recording():
        return
    if template := route_template(scope):
        method = scope["method"] if scope["method"] in METHODS else "HTTP"
        span.rename(f"{method} {template}")
        span.set("http.route", template)
    if status:
        span.set("http.response.status_code", status)
        if status >= FAILED_FROM:
            span.failed(str(status))
