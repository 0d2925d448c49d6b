"""The short way calls the same endpoint with the same arguments; whatever is not plain goes the long way."""

from collections.abc import Mapping
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Header, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from chassis.http.lean import LeanRoute, gathers, plain_body

WAY = "x-way"


class ThingIn(BaseModel):
    size: int


async def _arguments(request: Request) -> Mapping[str, Any] | None:
    body = await plain_body(request, ThingIn)
    return None if body is None else {"body": body, "way": "short"}


router = APIRouter(route_class=LeanRoute)


@router.post("/things", status_code=201)
@gathers(_arguments)
async def make_thing(body: ThingIn, way: Annotated[str, Header()] = "long") -> Response:
    return JSONResponse({"size": body.size}, 201, {WAY: way})


@router.post("/others")
async def make_other(body: ThingIn) -> dict[str, int]:
    return {"size": body.size}


@pytest.fixture
async def client():
    app = FastAPI()
    app.include_router(router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_plain_json_takes_the_short_way(client) -> None:
    answer = await client.post("/things", json={"size": 3})

    assert (answer.status_code, answer.json(), answer.headers[WAY]) == (201, {"size": 3}, "short")


async def test_another_media_type_takes_the_long_way(client) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}

    answer = await client.post("/things", content='{"size": 3}', headers=headers)

    assert (answer.status_code, answer.headers[WAY]) == (201, "long")


@pytest.mark.parametrize("content", [b'{"size": "three"}', b'{"size": ', b"", b"[]"])
async def test_a_refusal_is_the_same_as_of_an_ordinary_route(client, content: bytes) -> None:
    headers = {"content-type": "application/json"}

    lean = await client.post("/things", content=content, headers=headers)
    ordinary = await client.post("/others", content=content, headers=headers)

    assert (lean.status_code, lean.json()) == (422, ordinary.json())


async def test_an_unmarked_endpoint_is_fastapis_own(client) -> None:
    assert (await client.post("/others", json={"size": 3})).json() == {"size": 3}


async def test_the_documentation_is_made_from_the_signature(client) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]

    assert (
        paths["/things"]["post"]["requestBody"]["content"]
        == paths["/others"]["post"]["requestBody"]["content"]
    )
