"""From exceptions to problem documents."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.database_errors import DatabaseUnavailable, is_transient
from chassis.logs import get_logger
from chassis.problems import (
    BAD_REQUEST,
    DATABASE_UNAVAILABLE,
    FORBIDDEN,
    INTERNAL_ERROR,
    INTERNAL_ERROR_DETAIL,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNAUTHENTICATED,
    VALIDATION_FAILED,
    ProblemError,
    ProblemSpec,
    ProblemTable,
    problem_response,
)
from chassis.rate_limits import TooManyRequests

Handler = Callable[[Request, Any], Awaitable[Response]]

_BY_STATUS = {
    spec.status: spec for spec in (BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED)
}
RETRY_AFTER_S = 1
_LIKE_OURS = re.compile(r"[a-z_]{1,40}")

log = get_logger()


def add_problem_handlers(app: FastAPI, problem_table: ProblemTable) -> None:
    """Answer every error of this app with a problem document."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for unavailable in (DatabaseUnavailable, PoolTimeoutError, DBAPIError, psycopg.Error):
        app.add_exception_handler(unavailable, _on_database_error)
    for error_type, spec in {TooManyRequests: TOO_MANY_REQUESTS, **problem_table}.items():
        app.add_exception_handler(error_type, _mapped(spec))


def request_id_of(request: Request) -> str:
    """The id the edge gave this request."""
    return request.scope["state"]["request_id"]


def _mapped(spec: ProblemSpec) -> Handler:
    async def handle(request: Request, error: Any) -> Response:
        return problem_response(
            spec,
            request_id=request_id_of(request),
            detail=str(error),
            extra=spec.extra(error),  # noqa: S610 -- no Django here
            headers=spec.headers(error),
        )

    return handle


async def _on_problem(request: Request, error: Any) -> Response:
    return problem_response(
        error.spec,
        request_id=request_id_of(request),
        detail=str(error),
        extra=error.extra,
        headers=error.headers,
    )


async def _on_validation_error(request: Request, error: Any) -> Response:
    errors = [_field_error(item) for item in error.errors()]
    first = errors[0]
    return problem_response(
        VALIDATION_FAILED,
        request_id=request_id_of(request),
        detail=f"{first['field'] or first['in']}: {first['rule']}.",
        extra={"errors": errors},
    )


def _field_error(item: Mapping[str, Any]) -> dict[str, str]:
    # What was sent is not repeated: it may be personal. Neither is the name of a field we do not have, unless
    # it looks like a slip in one of ours.
    where, *path = map(str, item["loc"])
    if item["type"] == "extra_forbidden" and not _LIKE_OURS.fullmatch(path[-1]):
        path[-1] = "(a field of another name)"
    return {"field": ".".join(path), "rule": _rule(item), "in": where}


def _rule(item: Mapping[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    return (message[:1].lower() + message[1:]).encode(errors="replace").decode()


async def _on_http_exception(request: Request, error: Any) -> Response:
    spec = _BY_STATUS.get(error.status_code) or ProblemSpec(
        error.status_code, "http-error", str(error.detail)
    )
    headers = dict(error.headers or {})
    detail = ""
    if spec is METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed_methods(request)))
    elif str(error.detail) != "Not Found":
        detail = str(error.detail)
    return problem_response(spec, request_id=request_id_of(request), detail=detail, headers=headers)


def _allowed_methods(request: Request) -> set[str]:
    """Methods of all routes of this path: Starlette names those of the first one only."""
    path = request.scope["path"]
    allowed: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and route.methods and pattern.match(path):
            allowed |= route.methods
    return allowed


async def _on_database_error(request: Request, error: Any) -> Response:
    if is_transient(error):
        log.warning("database_unavailable", error=type(error).__name__)
        return problem_response(
            DATABASE_UNAVAILABLE,
            request_id=request_id_of(request),
            detail="Try again with the same Idempotency-Key.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    log.error("database_error", exc_info=error, request_id=request_id_of(request))
    return problem_response(
        INTERNAL_ERROR,
        request_id=request_id_of(request),
        detail=INTERNAL_ERROR_DETAIL,
    )
