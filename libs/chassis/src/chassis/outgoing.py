"""Requests to others in traces, and what tells our own services which step they follow."""

import re
from urllib.parse import urlsplit

from chassis import tracing
from chassis.trace_context import current

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def asking(method: str, url: str, *, path_parts: int | None = None) -> tracing.SpanBlock:
    """The step of asking `url`, seen by its host and its path without ids.

    Where paths are another's, whose ids look like anything, only the first `path_parts` are told.
    """
    if not tracing.recording():
        return tracing.NOTHING
    parts = urlsplit(url)
    path = _ID.sub("{id}", parts.path)
    if path_parts is not None:
        path = "/".join(path.split("/")[: path_parts + 1])
    attributes = {
        "http.request.method": method,
        "server.address": parts.hostname or "",
        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
        "url.template": path,
    }
    return tracing.step(f"{method} {path}", tracing.CLIENT, attributes)


def onward_headers() -> dict[str, str]:
    """For a service of ours: the step it follows, and the request. Never for anybody else."""
    headers: dict[str, str] = {}
    if traceparent := tracing.traceparent():
        headers["traceparent"] = traceparent
    if (context := current()) and context.request_id:
        headers["x-request-id"] = context.request_id
    return headers
