"""The one ASGI middleware: request id, trace, body limit, hostile input, last-resort errors, access log.

What no service could parse or store is refused here (see `hostile_input`).
"""

import asyncio
import re
import time
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http.hostile_input import Refused, check_body, check_target
from chassis.http.request_metrics import request_began, request_ended
from chassis.http.request_span import request_work, tell_answer
from chassis.http.route_template import route_template
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.problems import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    INTERNAL_ERROR,
    INTERNAL_ERROR_DETAIL,
    problem_response,
)

# Checking takes up to 0.2 s a megabyte: a large body is checked in a thread, beside other requests.
CHECKED_INLINE_BYTES_MAX = 65_536
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,128}")
_QUIET_PATHS = ("/healthz", "/readyz", "/aboutz", "/metrics")

log = get_logger()


class Edge:
    """Wraps the whole app. `body_bytes_max_by_path` raises the limit for exact paths."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_bytes_max: int,
        body_bytes_max_by_path: Mapping[str, int],
        access_log: bool,
    ) -> None:
        self._app = app
        self._body_bytes_max = body_bytes_max
        self._body_bytes_max_by_path = body_bytes_max_by_path
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        request_id, traceparent = _ids(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id)
        if scope["path"] in _QUIET_PATHS:
            await self._serve(scope, receive, answer, request_id)
            return
        request_began()
        with request_work(scope, traceparent=traceparent, request_id=request_id) as span:
            try:
                await self._serve(scope, receive, answer, request_id)
            finally:
                request_ended(scope, answer.status, started_at)
                tell_answer(span, scope, answer.status)
                if self._access_log:
                    _log_access(scope, answer.status, started_at, request_id)

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer", request_id: str) -> None:
        try:
            check_target(scope)
            receive = await self._checked_body(scope, receive)
            await self._app(scope, receive, answer)
        except Refused as refused:
            response = problem_response(
                refused.spec, request_id=request_id, detail=str(refused), extra=refused.extra
            )
            await response(scope, receive, answer)
        except Exception:
            log.exception("request_failed", method=scope["method"], request_id=request_id)
            if answer.status:
                raise
            await _internal_error(request_id)(scope, receive, answer)

    async def _checked_body(self, scope: Scope, receive: Receive) -> Receive:
        """Read the body, check it, and give back a `receive` that plays it again."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return receive
        limit = self._body_bytes_max_by_path.get(scope["path"], self._body_bytes_max)
        body = await _read_body(receive, headers, limit)
        if body is None:
            return receive
        content_type = headers.get(b"content-type", b"")
        if len(body) > CHECKED_INLINE_BYTES_MAX:
            await asyncio.to_thread(check_body, body, content_type)
        elif body:
            check_body(body, content_type)
        return _Replay(body, receive)


class _Answer:
    """`send` that adds the request id and remembers the status."""

    __slots__ = ("_request_id", "_send", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self._request_id)]
        await self._send(message)


class _Replay:
    """`receive` that gives the body once, then what the client does next."""

    __slots__ = ("_body", "_receive")

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _ids(scope: Scope) -> tuple[str, str | None]:
    """The request's id, which is made where none was sent, and its traceparent."""
    request_id = traceparent = None
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value.decode()
        elif name == b"traceparent":
            traceparent = value.decode("latin-1")
    return request_id or str(new_id()), traceparent


async def _read_body(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes | None:
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > limit:
        raise Refused(BODY_TOO_LARGE, f"At most {limit} bytes.")
    message = await receive()
    if message["type"] != "http.request":
        return None
    if not message.get("more_body", False):
        return _within(message.get("body", b""), limit)
    chunks, size = [message.get("body", b"")], len(message.get("body", b""))
    while message.get("more_body", False):
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(BAD_REQUEST, "The body ended early.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise Refused(BODY_TOO_LARGE, f"At most {limit} bytes.")
    return b"".join(chunks)


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise Refused(BODY_TOO_LARGE, f"At most {limit} bytes.")
    return body


def _internal_error(request_id: str) -> Response:
    return problem_response(
        INTERNAL_ERROR,
        request_id=request_id,
        detail=INTERNAL_ERROR_DETAIL,
    )


def _log_access(scope: Scope, status: int, started_at: float, request_id: str) -> None:
    log.info(
        "request_served",
        method=scope["method"],
        # The route's template, not the path: ids and tokens of people stay out of the log.
        route=route_template(scope) or getattr(scope.get("route"), "path", None),
        status=status,
        ms=round((time.perf_counter() - started_at) * 1000, 1),
        request_id=request_id,
    )
