"""Completes the OpenAPI of every operation with what the edge and the problem handlers answer."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from chassis.access import KEYS_UNAVAILABLE, current_principal, optional_principal
from chassis.idempotency import KEY_IN_USE, KEY_INVALID, KEY_MISSING, KEY_REUSED, idempotent_write
from chassis.problems import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    CONTENT_TYPE,
    DATABASE_UNAVAILABLE,
    FORBIDDEN,
    INTERNAL_ERROR,
    MEDIA_TYPE_UNSUPPORTED,
    NOT_FOUND,
    UNAUTHENTICATED,
    VALIDATION_FAILED,
    Problem,
    ProblemSpec,
    problem_responses,
)

_SCHEME = "accessToken"
_REQUEST_ID_HEADER = {
    "description": "Names this request in logs and problems; sent back as given when it is sensible",
    "schema": {"type": "string"},
}


def describe(app: FastAPI) -> None:
    """Replace `app.openapi` by one that adds the common answers; the document is made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    _add_components(document)
    for route in iter_route_contexts(app.routes):
        item = document.get("paths", {}).get(route.path_format or route.path, {})
        for method in route.methods or ():
            if operation := item.get(method.lower()):
                _complete(operation, dependencies_of(getattr(route, "dependant", None)))
    return document


def _add_components(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    components.setdefault("securitySchemes", {})[_SCHEME] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Access token (RFC 9068)",
    }


def dependencies_of(dependant: Dependant | None) -> set[Any]:
    """All callables a route depends on, at any depth."""
    return set(_walk(dependant)) if dependant else set()


def _walk(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for child in dependant.dependencies:
        yield from _walk(child)


def _complete(operation: dict[str, Any], dependencies: set[Any]) -> None:
    responses = operation.setdefault("responses", {})
    if "422" in responses and "application/json" in responses["422"].get("content", {}):
        del responses["422"]
    for status, response in problem_responses(*_common_problems(dependencies)).items():
        _merge(responses, str(status), response)
    for response in responses.values():
        response.setdefault("headers", {})["X-Request-Id"] = _REQUEST_ID_HEADER
    _complete_request(operation, dependencies)


def _common_problems(dependencies: set[Any]) -> list[ProblemSpec]:
    problems = [BAD_REQUEST, NOT_FOUND, BODY_TOO_LARGE, MEDIA_TYPE_UNSUPPORTED, VALIDATION_FAILED]
    problems += [INTERNAL_ERROR, DATABASE_UNAVAILABLE]
    if optional_principal in dependencies:
        problems += [UNAUTHENTICATED, KEYS_UNAVAILABLE]
    if current_principal in dependencies:
        problems.append(FORBIDDEN)
    if idempotent_write in dependencies:
        problems += [KEY_MISSING, KEY_INVALID, KEY_IN_USE, KEY_REUSED]
    return problems


def _merge(responses: dict[str, Any], status: str, response: dict[str, Any]) -> None:
    existing = responses.get(status)
    if existing is None:
        responses[status] = response
        return
    content = existing.setdefault("content", {}).setdefault(CONTENT_TYPE, {})
    content.setdefault("schema", response["content"][CONTENT_TYPE]["schema"])
    for name, example in response["content"][CONTENT_TYPE]["examples"].items():
        content.setdefault("examples", {}).setdefault(name, example)


def _complete_request(operation: dict[str, Any], dependencies: set[Any]) -> None:
    if current_principal in dependencies:
        operation["security"] = [{_SCHEME: []}]
    elif optional_principal in dependencies:
        # Another right of the service's own (a hold token) instead of one, or nobody in particular.
        operation["security"] = [*operation.get("security", [{}]), {_SCHEME: []}]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "header" and parameter["name"] == "Idempotency-Key":
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
            parameter["example"] = "5f0c2b1e-7d57-4c39-9a53-2f6b8f0f5a11"
