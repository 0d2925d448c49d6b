"""Problem documents (RFC 9457): the one shape of every answer that is not a success.

Domain and use-case errors are plain exceptions. Each service has one table that maps them:

    PROBLEMS = {SeatsTaken: ProblemSpec(409, "seats-taken", "Seats are taken", extra=lambda e: {...})}

`str(error)` becomes the detail, so it must be fit for a stranger's eyes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.responses import Response

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "/problems/"


def _nothing(_error: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class ProblemSpec:
    """A kind of problem. `type` is its stable slug; `extra` and `headers` are made from the error."""

    status: int
    type: str
    title: str
    extra: Callable[[Any], Mapping[str, Any]] = field(default=_nothing)
    headers: Callable[[Any], Mapping[str, str]] = field(default=_nothing)

    @property
    def type_uri(self) -> str:
        """The URI reference that goes into the document."""
        return TYPE_PREFIX + self.type.removeprefix(TYPE_PREFIX)


ProblemTable = Mapping[type[Exception], ProblemSpec]


class ProblemError(Exception):
    """Raised at the edge to answer with a problem; below the edge raise a plain error instead."""

    def __init__(
        self,
        spec: ProblemSpec,
        detail: str = "",
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.spec = spec
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


class FieldError(BaseModel):
    """One broken rule of a request."""

    model_config = ConfigDict(populate_by_name=True)

    field: str = Field(examples=["attendees.0.first_name"])
    rule: str = Field(examples=["string should have at least 1 character"])
    in_: str = Field(alias="in", examples=["body"], description="body, query, path, header or cookie")


class Problem(BaseModel):
    """An RFC 9457 problem document; `type` tells programs what happened, `detail` tells people."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str | None = None
    instance: str = Field(description="The request this answers", examples=["urn:request:0192f0c1"])
    errors: list[FieldError] | None = Field(default=None, description="Broken rules, for validation-failed")


BAD_REQUEST = ProblemSpec(400, "bad-request", "The request cannot be understood")
UNAUTHENTICATED = ProblemSpec(401, "unauthenticated", "Sign in first")
FORBIDDEN = ProblemSpec(403, "forbidden", "You may not do this")
NOT_FOUND = ProblemSpec(404, "not-found", "Not found")
METHOD_NOT_ALLOWED = ProblemSpec(405, "method-not-allowed", "The resource has no such method")
BODY_TOO_LARGE = ProblemSpec(413, "body-too-large", "The request body is too large")
MEDIA_TYPE_UNSUPPORTED = ProblemSpec(415, "media-type-unsupported", "Send application/json")
VALIDATION_FAILED = ProblemSpec(422, "validation-failed", "The request breaks a rule")
TOO_MANY_REQUESTS = ProblemSpec(
    429,
    "too-many-requests",
    "Too many requests",
    extra=lambda error: {"retry_after_s": error.retry_after_s},
    headers=lambda error: {"Retry-After": str(error.retry_after_s)},
)
INTERNAL_ERROR = ProblemSpec(500, "internal-error", "Something went wrong on our side")
# What failed may have come after a commit, so this does not say that nothing was changed.
INTERNAL_ERROR_DETAIL = "It is logged under the request id. Ask again with the same Idempotency-Key."
DATABASE_UNAVAILABLE = ProblemSpec(503, "database-unavailable", "The database cannot answer now")


def problem_document(
    spec: ProblemSpec, *, detail: str, instance: str, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The members of the document; `extra` cannot overwrite the standard ones."""
    document: dict[str, Any] = dict(extra or {})
    document |= {"type": spec.type_uri, "title": spec.title, "status": spec.status, "instance": instance}
    if detail:
        document["detail"] = detail
    return document


def problem_response(
    spec: ProblemSpec,
    *,
    request_id: str,
    detail: str = "",
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer; never cached, because the next try may succeed."""
    document = problem_document(spec, detail=detail, instance=f"urn:request:{request_id}", extra=extra)
    return Response(
        to_json(document),
        status_code=spec.status,
        media_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def problem_responses(*specs: ProblemSpec) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: one entry a status, naming each type with an example."""
    responses: dict[int | str, dict[str, Any]] = {}
    for spec in specs:
        entry = responses.setdefault(
            spec.status, {"description": "", "content": {CONTENT_TYPE: {"examples": {}}}}
        )
        entry["description"] = "; ".join(filter(None, [entry["description"], spec.title]))
        content = entry["content"][CONTENT_TYPE]
        content["schema"] = {"$ref": "#/components/schemas/Problem"}
        content["examples"][spec.type.removeprefix(TYPE_PREFIX)] = {
            "value": problem_document(spec, detail="", instance="urn:request:0192f0c1")
        }
    return responses
