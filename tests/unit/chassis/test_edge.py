"""Everything hostile is refused at the edge, with a problem document."""

import json
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from chassis.http import create_http_app
from chassis.problems import ProblemError, ProblemSpec
from chassis.settings import ServiceSettings

router = APIRouter(prefix="/api/v1")


class ThingIn(BaseModel):
    name: str = Field(min_length=1)
    parts: list[dict[str, Any]] = []
    size: float = 0


class Broken(Exception):
    """A thing that is broken."""

    def __init__(self) -> None:
        super().__init__("It is broken.")
        self.parts = ["lid"]


@router.post("/things", status_code=201)
async def add_thing(body: ThingIn) -> ThingIn:
    return body


@router.get("/things")
async def list_things(text: Annotated[str, Query(max_length=5)] = "") -> list[str]:
    return [text]


@router.get("/things/{name}")
async def get_thing(name: str) -> str:
    if name == "broken":
        raise Broken
    if name == "bug":
        raise RuntimeError("SELECT secret FROM people")
    if name == "teapot":
        raise ProblemError(ProblemSpec(418, "teapot", "A teapot"), "short", extra={"stout": True})
    return name


@router.post("/deep/a/upload")
async def upload(request: Request) -> int:
    return len(await request.body())


@pytest.fixture
async def client():
    settings = ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        amqp_url="amqp://127.0.0.1:1",
        request_body_bytes_max=2000,
        access_log=False,
    )
    app = create_http_app(
        title="Things",
        description="Things",
        version="1",
        settings=settings,
        routers=[router],
        problem_table={
            Broken: ProblemSpec(409, "broken", "Broken", extra=lambda error: {"parts": error.parts})
        },
        body_bytes_max_by_path={"/api/v1/deep/a/upload": 5000},
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
        yield client


def _assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert (status, f"/problems/{slug}") == (response.status_code, response.json().get("type")), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["title"]
    assert response.json()["instance"] == f"urn:request:{response.headers['x-request-id']}"
    return response.json()


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        rb'{"name": "a\u0000b"}',
        b'{"name": "a\x00b"}',
        rb'{"name": "\ud800"}',
        rb'{"\ud800": 1, "name": "a"}',
        rb'{"name": "a", "parts": [{"\u0000": 1}]}',
        b'{"name": "\xff\xfe"}',
        b'{"name": "a", "parts": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 1000,
        b"[" + b"[]," * 65 + b'"' + rb"\"" * 800,
        b'{"name": "a", "parts": [{"n": 99999999999999999999}]}',
        b'{"name": "a", "size": 1e999}',
        b'{"name": "a", "size": NaN}',
        b'{"name": "a", "size": -Infinity}',
        b'{"name": "a", "parts": [{"n": ' + b"9" * 1900 + b"}]}",
        b'{"name": ""}',
        b"{}",
        b"null",
        b'{"name": ',
        b"",
    ],
)
async def test_a_body_no_service_could_use_is_422_and_says_why(client, body):
    response = await client.post("/api/v1/things", content=body, headers=JSON)
    problem = _assert_problem(response, 422, "validation-failed")
    assert {"field", "rule", "in"} == set(problem["errors"][0])
    assert problem["errors"][0]["in"] == "body"


@pytest.mark.parametrize("name", ["plain", "zażółć", 'quote"brace}{[', "\\u0041", "emoji 🎫", "1e5", "a\nb"])
async def test_unusual_but_sound_text_passes(client, name):
    for ensure_ascii in (True, False):
        content = json.dumps({"name": name}, ensure_ascii=ensure_ascii)
        response = await client.post("/api/v1/things", content=content, headers=JSON)
        assert (response.status_code, response.json()["name"]) == (201, name)


async def test_many_braces_in_a_flat_document_are_not_deep(client):
    body = {"name": "{[" * 100, "parts": [{} for _ in range(200)]}
    assert (await client.post("/api/v1/things", json=body)).status_code == 201


@pytest.mark.parametrize("path", ["/api/v1/things/a%00b", "/api/v1/things?text=%00"])
async def test_a_nul_in_the_address_is_422(client, path):
    _assert_problem(await client.get(path), 422, "validation-failed")


@pytest.mark.parametrize(
    "path", ["/api/v1/things/%ff", "/api/v1/things/%ed%a0%80", "/api/v1/things?text=%ff"]
)
async def test_invalid_utf8_in_the_address_is_no_error_of_ours(client, path):
    assert (await client.get(path)).status_code == 200


async def test_broken_rules_are_named_with_their_place(client):
    response = await client.get("/api/v1/things?text=too+long")
    problem = _assert_problem(response, 422, "validation-failed")
    assert problem["errors"] == [
        {"field": "text", "rule": "string should have at most 5 characters", "in": "query"}
    ]
    response = await client.post("/api/v1/things", json={"name": "a", "parts": [{}, 3]})
    assert _assert_problem(response, 422, "validation-failed")["errors"][0]["field"] == "parts.1"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""]
)
async def test_only_json_is_taken(client, content_type):
    headers = {"content-type": content_type}
    response = await client.post("/api/v1/things", content=b'{"name": "a"}', headers=headers)
    _assert_problem(response, 415, "media-type-unsupported")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/merge-patch+json"])
async def test_every_kind_of_json_is_taken(client, content_type):
    headers = {"content-type": content_type}
    assert (await client.post("/api/v1/things", content=b'{"name": "a"}', headers=headers)).status_code == 201


async def test_a_large_body_is_refused_whether_announced_or_not(client):
    body = json.dumps({"name": "x" * 3000}).encode()

    async def chunks():
        for start in range(0, len(body), 500):
            yield body[start : start + 500]

    for content in (body, chunks()):
        response = await client.post("/api/v1/things", content=content, headers=JSON)
        _assert_problem(response, 413, "body-too-large")
    allowed = await client.post("/api/v1/deep/a/upload", content=body, headers=JSON)
    assert (allowed.status_code, allowed.json()) == (200, len(body))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "QUERY"])
async def test_a_method_the_resource_has_not_is_405_and_names_those_it_has(client, method):
    response = await client.request(method, "/api/v1/things")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_unknown_paths_and_trailing_slashes_are_404(client):
    for path in ("/", "/nowhere", "/api/v1/things/", "/docs", "/redoc"):
        _assert_problem(await client.get(path), 404, "not-found")


async def test_mapped_errors_become_their_problem(client):
    problem = _assert_problem(await client.get("/api/v1/things/broken"), 409, "broken")
    assert (problem["detail"], problem["parts"]) == ("It is broken.", ["lid"])
    assert _assert_problem(await client.get("/api/v1/things/teapot"), 418, "teapot")["stout"] is True


async def test_a_bug_is_500_and_tells_nothing(client):
    response = await client.get("/api/v1/things/bug")
    _assert_problem(response, 500, "internal-error")
    assert "same Idempotency-Key" in response.json()["detail"]
    assert "nothing was changed" not in response.text  # a commit may have gone before
    assert "SELECT" not in response.text


async def test_a_sensible_request_id_is_kept_and_another_replaced(client):
    kept = await client.get("/nowhere", headers={"X-Request-Id": "abc-12345"})
    assert kept.headers["x-request-id"] == "abc-12345"
    for bad in ("x", "a b c d e f g", "x" * 200, 'ab"cdefghij'):
        replaced = await client.get("/nowhere", headers={"X-Request-Id": bad})
        assert replaced.headers["x-request-id"] != bad


async def test_an_unreachable_database_fails_readiness_only(client):
    assert (await client.get("/healthz")).status_code == 200
    response = await client.get("/readyz")
    assert (response.status_code, response.json()["failing"]) == (503, ["database"])


async def test_openapi_documents_the_common_answers(client):
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/api/v1/things"]["post"]
    assert {"201", "400", "404", "413", "415", "422", "500", "503"} <= set(operation["responses"])
    refused = operation["responses"]["422"]["content"]
    assert set(refused) == {"application/problem+json"}
    assert "X-Request-Id" in operation["responses"]["201"]["headers"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert set(document["components"]["schemas"]["Problem"]["properties"]) >= {
        "type",
        "title",
        "status",
        "errors",
    }
