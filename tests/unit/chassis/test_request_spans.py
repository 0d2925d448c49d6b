"""A request in its log lines and in a trace: by its route, never by its path, its query or what it carries."""

from contextlib import nullcontext

import httpx
import pytest
from fastapi import APIRouter
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import BaseModel

from chassis import tracing
from chassis.http import create_http_app
from chassis.logs import get_logger
from chassis.problems import ProblemError, ProblemSpec
from chassis.settings import ServiceSettings
from chassis.trace_context import current
from support.seen_lines import seen_lines
from support.seen_spans import ids_of, parent_of, seen_spans

TRACE, STEP = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
FOLLOWS = {"traceparent": f"00-{TRACE}-{STEP}-01", "x-request-id": "request-1"}

inner = APIRouter(prefix="/things")


class ThingIn(BaseModel):
    name: str


@inner.get("/{name}")
async def get_thing(name: str, text: str = "") -> str:
    get_logger().info("thing_found")
    if name == "bug":
        raise RuntimeError("SELECT secret FROM people")
    if name == "teapot":
        raise ProblemError(ProblemSpec(418, "teapot", "A teapot"), "short")
    return text


@inner.post("")
async def add_thing(body: ThingIn) -> str:
    with tracing.step("store"):
        return body.name


router = APIRouter(prefix="/api/v1")
router.include_router(inner)


@pytest.fixture
async def client():
    settings = ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1:1/none", amqp_url="amqp://127.0.0.1:1/"
    )
    app = create_http_app(
        title="Things", description="", version="1", settings=settings, routers=[router], problem_table={}
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
        yield client


@pytest.fixture
def spans():
    with seen_spans() as seen:
        yield seen


async def test_a_request_is_a_span_that_follows_who_sent_it(client, spans):
    await client.post("/api/v1/things", json={"name": "lamp"}, headers=FOLLOWS)

    served, stored = spans.one("POST /api/v1/things"), spans.one("store")
    assert [(TRACE, ids_of(served)[1]), STEP, SpanKind.SERVER] == [
        ids_of(served),
        parent_of(served),
        served.kind,
    ]
    assert ids_of(served)[1] == parent_of(stored)
    assert {
        "http.request.method": "POST",
        "url.scheme": "http",
        "http.route": "/api/v1/things",
        "http.response.status_code": 200,
        "rowlock.request_id": "request-1",
    } == dict(served.attributes or {})


async def test_neither_path_nor_query_nor_header_nor_body_are_in_a_span(client, spans):
    headers = {
        "authorization": "Bearer canary-token",
        "cookie": "canary-cookie",
        "user-agent": "canary-agent",
    }
    await client.get("/api/v1/things/canary-path", params={"text": "canary-query"}, headers=headers)
    await client.post("/api/v1/things", json={"name": "canary-body"})
    await client.get("/canary-unknown")

    assert {"GET /api/v1/things/{name}", "POST /api/v1/things", "store", "GET"} == set(spans.names)
    assert not [span.to_json() for span in spans.all if "canary" in span.to_json()]


@pytest.mark.parametrize(
    ("name", "status", "is_error"), [("bug", 500, True), ("teapot", 418, False), ("x", 200, False)]
)
async def test_only_our_own_failures_are_errors(client, spans, name, status, is_error):
    await client.get(f"/api/v1/things/{name}")

    served = spans.one("GET /api/v1/things/{name}")
    assert [status, is_error] == [
        (served.attributes or {})["http.response.status_code"],
        served.status.status_code is StatusCode.ERROR,
    ]
    assert "secret" not in served.to_json()


async def test_what_the_edge_refuses_is_seen_too(client, spans):
    await client.post("/api/v1/things", content=b"\xff", headers={"content-type": "application/json"})
    assert 422 == (spans.one("POST").attributes or {})["http.response.status_code"]


async def test_methods_that_somebody_makes_up_are_one(client, spans):
    await client.request("CANARY", "/api/v1/things")
    assert not [name for name in spans.names if "CANARY" in name]


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
async def test_questions_about_the_process_are_no_traces(client, spans, path):
    await client.get(path)
    assert [] == spans.all


@pytest.mark.parametrize("traced", [True, False])
async def test_all_log_lines_of_a_request_name_its_trace(client, traced):
    with seen_lines() as lines, seen_spans() if traced else nullcontext():
        await client.get("/api/v1/things/bug", headers=FOLLOWS)

    assert ["thing_found", "request_failed", "request_served"] == [line["event"] for line in lines]
    assert {(TRACE, "request-1")} == {(line["trace_id"], line["request_id"]) for line in lines}
    assert "/api/v1/things/{name}" == lines[-1]["route"]
    assert current() is None


async def test_a_request_that_follows_nothing_gets_a_trace_id_of_its_own(client):
    with seen_lines() as lines:
        answers = [await client.get("/api/v1/things/lamp") for _ in range(2)]

    one, other = [
        [line for line in lines if line["request_id"] == answer.headers["x-request-id"]] for answer in answers
    ]
    assert [2, 2] == [len(one), len(other)]
    assert [1, 1] == [len({line["trace_id"] for line in those}) for those in (one, other)]
    assert one[0]["trace_id"] != other[0]["trace_id"]
