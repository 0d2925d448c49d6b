"""Requests are counted and timed by the template of their route, in words nobody can make up."""

import asyncio

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from chassis.http import create_http_app
from chassis.http.request_metrics import METHODS
from chassis.settings import ServiceSettings
from support.metrics import Figures, Rise

REQUESTS = "rowlock_http_requests_total"
SECONDS = "rowlock_http_request_duration_seconds"
ROUTE = "/parcels/{parcel_id}"

router = APIRouter()


@router.get(ROUTE)
async def parcel(parcel_id: str) -> dict[str, str]:
    if parcel_id == "broken":
        raise ZeroDivisionError
    await asyncio.sleep(0.15 if parcel_id == "slow" else 0)
    return {"parcel_id": parcel_id}


@router.post("/parcels")
async def send(parcel: dict[str, str]) -> dict[str, str]:
    return parcel


@pytest.fixture
def app() -> FastAPI:
    return create_http_app(
        title="Parcels",
        description="Parcels",
        version="1",
        settings=ServiceSettings(
            database_url="postgresql://nobody@127.0.0.1:1/none",
            amqp_url="amqp://nobody@127.0.0.1:1/none",
            access_log=False,
        ),
        routers=[router],
        problem_table={},
    )


@pytest.fixture
def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://parcels")


@pytest.fixture
def rise() -> Rise:
    return Rise()


async def test_requests_to_one_route_are_one_series_whatever_their_ids(
    client: httpx.AsyncClient, rise: Rise
) -> None:
    for number in range(3):
        await client.get(f"/parcels/{number}")
    assert rise.by("route", REQUESTS) == {ROUTE: 3}
    assert rise.of(REQUESTS, route=ROUTE, method="GET", status="200") == 3


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/parcels/broken", ROUTE, "500"),
        ("DELETE", "/parcels/1", ROUTE, "405"),
        ("POST", "/parcels", "/parcels", "422"),
        ("GET", "/elsewhere/anna@example.org", "other", "404"),
        ("GET", "/parcels/%00", "other", "422"),
    ],
)
async def test_every_answer_is_counted_by_its_status(
    client: httpx.AsyncClient, rise: Rise, method: str, path: str, route: str, status: str
) -> None:
    answer = await client.request(method, path)
    assert str(answer.status_code) == status
    assert rise.by("status", REQUESTS) == {status: 1}
    assert rise.of(REQUESTS, route=route, method=method) == 1


async def test_methods_and_paths_that_somebody_makes_up_add_one_series(
    client: httpx.AsyncClient, rise: Rise
) -> None:
    for number in range(20):
        await client.request(f"BREW{number}", f"/pot/{number}")
    assert rise.by("method", REQUESTS) == {"other": 20}
    assert rise.by("route", REQUESTS) == {"other": 20}
    assert set(Figures().by("method", REQUESTS)) <= METHODS | {"other"}


async def test_a_request_is_as_long_as_it_took(client: httpx.AsyncClient, rise: Rise) -> None:
    await client.get("/parcels/slow")
    assert rise.of(f"{SECONDS}_count", route=ROUTE, method="GET") == 1
    assert 0.15 <= rise.of(f"{SECONDS}_sum", route=ROUTE, method="GET") < 2
    assert rise.of(f"{SECONDS}_bucket", route=ROUTE, method="GET", le="0.1") == 0


async def test_questions_about_the_process_are_no_requests(client: httpx.AsyncClient, rise: Rise) -> None:
    for path in ("/healthz", "/readyz", "/aboutz", "/metrics"):
        await client.get(path)
    assert rise.of(REQUESTS) == 0


async def test_a_request_under_way_is_told_until_it_is_answered(client: httpx.AsyncClient) -> None:
    before = Figures().value("rowlock_http_requests_in_progress")
    assert before is not None
    asking = asyncio.create_task(client.get("/parcels/slow"))
    await asyncio.sleep(0.05)
    assert Figures().value("rowlock_http_requests_in_progress") == before + 1
    await asking
    assert Figures().value("rowlock_http_requests_in_progress") == before


async def test_a_client_that_leaves_before_the_answer_is_counted_as_such(
    client: httpx.AsyncClient, rise: Rise
) -> None:
    before = Figures().value("rowlock_http_requests_in_progress")
    asking = asyncio.create_task(client.get("/parcels/slow"))
    await asyncio.sleep(0.05)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert rise.by("status", REQUESTS) == {"none": 1}
    assert Figures().value("rowlock_http_requests_in_progress") == before
