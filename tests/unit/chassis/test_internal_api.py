"""Internal routes answer our own services only."""

import asyncio

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import Response

from chassis.http import create_http_app
from chassis.internal_api import InternalCaller
from chassis.internal_client import InternalClient, InternalKeyUnusable, ServiceUnavailable
from chassis.settings import ServiceSettings
from rowlock_cli.keys import write_secret

router = APIRouter()


@router.get("/internal/things/{thing}")
async def thing(thing: str, _caller: InternalCaller) -> dict[str, str]:
    return {"thing": thing}


@router.post("/internal/sums")
async def add(numbers: list[int], _caller: InternalCaller) -> dict[str, int]:
    return {"sum": sum(numbers)}


@router.post("/internal/answers/{status}")
@router.get("/internal/answers/{status}")
async def answer(status: int, _caller: InternalCaller) -> Response:
    return Response("{", status)


@router.get("/internal/never")
async def never(_caller: InternalCaller) -> None:
    await asyncio.Event().wait()


@pytest.fixture
def key_file(tmp_path):
    write_secret(tmp_path / "internal-api.key")
    return tmp_path / "internal-api.key"


@pytest.fixture
def app(key_file):
    settings = ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        amqp_url="amqp://127.0.0.1:1",
        internal_api_key=str(key_file),
        access_log=False,
    )
    return create_http_app(
        title="T", description="", version="1", settings=settings, routers=[router], problem_table={}
    )


@pytest.fixture
async def client(app, key_file):
    client = InternalClient("http://things/", key_file, transport=httpx.ASGITransport(app))
    yield client
    await client.close()


async def test_one_service_asks_another(client):
    assert await client.get_json("/internal/things/7") == {"thing": "7"}


async def test_a_question_may_have_a_body(client):
    assert await client.post_json("/internal/sums", [3, 4]) == {"sum": 7}


@pytest.mark.parametrize("key", [None, "", "wrong", "ą"])
async def test_nobody_else_is_answered(app, key):
    headers = {} if key is None else {"Internal-Api-Key": key.encode()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as stranger:
        refused = await stranger.get("/internal/things/7", headers=headers)

    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthenticated")
    assert "Internal-Api-Key" in refused.headers["www-authenticate"]


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_not_there_is_none(client, status):
    assert await client.get_json(f"/internal/answers/{status}") is None
    assert await client.post_json(f"/internal/answers/{status}", {}) is None


@pytest.mark.parametrize("status", [200, 401, 429, 500, 503])
async def test_any_other_answer_is_none_that_can_be_used(client, status):
    with pytest.raises(ServiceUnavailable):
        await client.get_json(f"/internal/answers/{status}")
    with pytest.raises(ServiceUnavailable):
        await client.post_json(f"/internal/answers/{status}", {})


async def test_who_asks_decides_what_says_that_there_is_nothing(client):
    assert await client.get_json("/internal/answers/410", nothing=(410,)) is None
    with pytest.raises(ServiceUnavailable):
        await client.get_json("/internal/answers/404", nothing=(410,))


async def test_a_service_that_is_silent_is_waited_for_only_so_long(app, key_file):
    client = InternalClient("http://things/", key_file, 0.1, transport=httpx.ASGITransport(app))
    with pytest.raises(ServiceUnavailable, match="TimeoutError"):
        await client.get_json("/internal/never")
    await client.close()


async def test_a_service_that_is_away_is_unavailable(key_file):
    client = InternalClient("http://127.0.0.1:1", key_file)
    with pytest.raises(ServiceUnavailable):
        await client.get_json("/internal/things/7")
    await client.close()


async def test_a_service_without_the_key_does_not_start():
    settings = ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1:1/none", amqp_url="amqp://127.0.0.1:1"
    )
    app = create_http_app(
        title="T", description="", version="1", settings=settings, routers=[router], problem_table={}
    )
    with pytest.raises(InternalKeyUnusable, match="INTERNAL_API_KEY is not set"):
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_secret_is_none(tmp_path, content):
    (tmp_path / "empty.key").write_text(content)
    with pytest.raises(InternalKeyUnusable, match=r"empty\.key"):
        _ = InternalClient("http://t", tmp_path / "empty.key")._client
