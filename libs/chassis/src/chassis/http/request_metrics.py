"""Rates and latencies by route."""

import time

from starlette.types import Scope

from chassis.http.route_template import route_template
from chassis.metrics import Counter, Histogram, LiveGauge, counter, histogram

OTHER = "other"
NO_ANSWER = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_ROUTES = f"templates of routes, as `/api/v1/holds/{{hold_id}}`; `{OTHER}`: none fits, or the edge refused it"
_METHODS = f"methods of HTTP; `{OTHER}`: none of those known"

REQUESTS = counter(
    "rowlock_http_requests_total",
    "Requests answered, but for those about the process itself (/healthz, /readyz, /aboutz, /metrics)",
    {
        "route": _ROUTES,
        "method": _METHODS,
        "status": f"codes of HTTP; `{NO_ANSWER}`: the client left before there was one",
    },
    told_by="api",
)
SECONDS = histogram(
    "rowlock_http_request_duration_seconds",
    "From the first byte of a request to the last of its answer; a stream of events lasts as long "
    "as somebody reads it",
    {"route": _ROUTES, "method": _METHODS},
    buckets=BUCKETS_S,
    told_by="api",
)
_under_way = 0
LiveGauge(
    "rowlock_http_requests_in_progress",
    "Requests that have no answer yet",
    read=lambda: {(): _under_way},
    told_by="api",
)
# Their number is that of the routes times the answers they give: what is asked for adds nothing.
_bound: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def request_began() -> None:
    """A request is here."""
    global _under_way  # noqa: PLW0603 -- one number of the process
    _under_way += 1


def request_ended(scope: Scope, status: int, began_at: float) -> None:
    """The request has its answer, or nobody waits for it any more; `began_at` by `time.perf_counter`."""
    global _under_way  # noqa: PLW0603 -- as above
    _under_way -= 1
    template = route_template(scope) or OTHER
    key = (template, scope["method"], status)
    metrics = _bound.get(key) or _bind(key)
    metrics[0].inc()
    metrics[1].observe(time.perf_counter() - began_at)


def _bind(key: tuple[str, str, int]) -> tuple[Counter, Histogram]:
    template, method, status = key
    word = method if method in METHODS else OTHER
    code = str(status) if status else NO_ANSWER
    metrics = (REQUESTS.labels(template, word, code), SECONDS.labels(template, word))
    if word is not OTHER:  # methods that somebody makes up must not fill the memory
        _bound[key] = metrics
    return metrics
