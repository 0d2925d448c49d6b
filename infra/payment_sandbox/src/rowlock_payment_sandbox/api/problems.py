"""Refusals as problem documents (RFC 9457)."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rowlock_payment_sandbox import errors
from rowlock_payment_sandbox.errors import Refusal

STATUSES: Mapping[type[Refusal], HTTPStatus] = {
    errors.PaymentNotFound: HTTPStatus.NOT_FOUND,
    errors.CaptureNotFound: HTTPStatus.NOT_FOUND,
    errors.RefundNotFound: HTTPStatus.NOT_FOUND,
    errors.NoticeNotFound: HTTPStatus.NOT_FOUND,
    errors.PaymentIsNotOpen: HTTPStatus.CONFLICT,
    errors.RefundExceedsCapture: HTTPStatus.CONFLICT,
    errors.ExpiryHasPassed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IdempotencyKeyMissing: HTTPStatus.BAD_REQUEST,
    errors.IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CursorUnknown: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ApiKeyWrong: HTTPStatus.UNAUTHORIZED,
}


def add_problem_handlers(app: FastAPI) -> None:
    """Every error of this app is a problem document."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def problem(status: int, name: str, detail: str) -> JSONResponse:
    """The document; `name` is the last part of its type."""
    return JSONResponse(
        {
            "type": f"/problems/{name}",
            "title": name.replace("-", " ").capitalize(),
            "status": int(status),
            "detail": detail,
        },
        status_code=status,
        media_type="application/problem+json",
    )


async def _on_refusal(_request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal), "registered for refusals"
    return problem(STATUSES[type(refusal)], _kebab(type(refusal).__name__), refusal.words)


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError), "registered for it"
    wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "request-invalid", wrong)


async def _on_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException), "registered for it"
    name = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(error.status_code, name, error.detail)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=.)([A-Z])", r"-\1", name).lower()
