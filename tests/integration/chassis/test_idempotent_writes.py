"""One effect for one Idempotency-Key, and no answer before the commit."""

import asyncio
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import Response

from chassis import idempotency
from chassis.access import CurrentPrincipal, Principal, requires
from chassis.idempotency import IdempotentWrite
from chassis.problems import ProblemSpec
from support.waiting import wait_until


class ParcelIn(BaseModel):
    name: str
    weight: int = 1


class TooHeavy(Exception):
    """A parcel weighs at most 100."""


class Parcels:
    """Routes over the parcels table; `gate` holds a write open, `tries` counts its work."""

    def __init__(self, table) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.tries = 0
        self.router = APIRouter()

        async def add(tx, parcel: ParcelIn) -> ParcelIn:
            self.tries += 1
            if parcel.weight > 100:
                raise TooHeavy("at most 100")
            await tx.execute(table.insert(), parcel.model_dump())
            await self.gate.wait()
            return parcel

        @self.router.post("/parcels", status_code=201, response_model=ParcelIn)
        async def add_parcel(body: ParcelIn, _who: CurrentPrincipal, write: IdempotentWrite) -> Response:
            return await write.once(
                lambda tx: add(tx, body), status=201, location=lambda parcel: f"/parcels/{parcel.name}"
            )

        @self.router.delete("/parcels/{name}", status_code=204)
        async def remove_parcel(name: str, write: IdempotentWrite) -> Response:
            return await write.once(
                lambda tx: tx.execute(table.delete().where(table.c.name == name)), status=204, scope="anybody"
            )

        @self.router.post("/deferred", status_code=201)
        async def add_deferred(write: IdempotentWrite) -> Response:
            return await write.once(
                lambda tx: tx.execute(text("INSERT INTO deferred VALUES (1), (1)")), respond=lambda _: {}
            )

        @self.router.post("/organizers", status_code=201)
        async def organize(_who: Annotated[Principal, requires("organizer")]) -> None: ...


@pytest.fixture
def parcel_routes(parcels) -> Parcels:
    return Parcels(parcels)


@pytest.fixture
async def client(serve, parcel_routes, mint_token):
    table = {TooHeavy: ProblemSpec(409, "too-heavy", "Too heavy")}
    async with serve(parcel_routes.router, problem_table=table) as client:
        client.headers["Authorization"] = f"Bearer {mint_token(subject='paula')}"
        yield client


async def _count(db, parcels) -> int:
    async with db.snapshot() as connection:
        return len((await connection.execute(parcels.select())).all())


def _key(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}


async def test_a_repeated_write_gets_the_first_answer_and_has_one_effect(client, db, parcels):
    first, again = [await client.post("/parcels", json={"name": "a"}, headers=_key("k1")) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, {"name": "a", "weight": 1})
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"] == "/parcels/a"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert (first.headers.get("idempotent-replay"), again.headers["idempotent-replay"]) == (None, "true")
    assert await _count(db, parcels) == 1


async def test_fifty_parallel_writes_with_one_key_have_one_effect(client, parcel_routes, db, parcels):
    async def ask() -> httpx.Response:
        while True:
            response = await client.post("/parcels", json={"name": "a"}, headers=_key("k1"))
            if response.status_code != 409:
                return response
            assert response.json()["type"] == "/problems/idempotency-key-in-use"
            await asyncio.sleep(0.02)

    responses = await asyncio.gather(*(ask() for _ in range(50)))
    assert {(r.status_code, r.content) for r in responses} == {(201, responses[0].content)}
    assert sum("idempotent-replay" not in r.headers for r in responses) == 1
    assert await _count(db, parcels) == 1
    assert parcel_routes.tries == 1


async def test_a_row_that_is_there_already_gives_way_to_the_answer_the_same_request_got_meanwhile(
    client, monkeypatch
):
    first = await client.post("/parcels", json={"name": "a"}, headers=_key("k1"))
    look = idempotency.Write._stored
    looks: list[str] = []

    async def too_early_at_first(write, tx, scope):
        looks.append(scope)
        return await look(write, tx, scope) if len(looks) > 1 else None

    monkeypatch.setattr(idempotency.Write, "_stored", too_early_at_first)
    again = await client.post("/parcels", json={"name": "a"}, headers=_key("k1"))

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replay"] == "true"


async def test_a_key_of_a_running_request_is_refused_at_once(client, parcel_routes):
    parcel_routes.gate.clear()
    running = asyncio.create_task(client.post("/parcels", json={"name": "a"}, headers=_key("k1")))
    await wait_until(lambda: parcel_routes.tries)
    refused = await asyncio.wait_for(client.post("/parcels", json={"name": "a"}, headers=_key("k1")), 2)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/idempotency-key-in-use")
    assert refused.headers["retry-after"] == "1"
    parcel_routes.gate.set()
    assert (await running).status_code == 201


@pytest.mark.parametrize("body", [{"name": "b"}, {"name": "a", "weight": 2}])
async def test_a_key_used_for_another_request_is_refused(client, db, parcels, body):
    await client.post("/parcels", json={"name": "a"}, headers=_key("k1"))
    other = await client.post("/parcels", json=body, headers=_key("k1"))
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert await _count(db, parcels) == 1


async def test_a_refusal_is_not_stored_but_judged_anew(client, parcel_routes):
    for tries in (1, 2):
        refused = await client.post("/parcels", json={"name": "a", "weight": 101}, headers=_key("k1"))
        assert (refused.status_code, refused.json()["detail"]) == (409, "at most 100")
        assert parcel_routes.tries == tries
    accepted = await client.post("/parcels", json={"name": "a"}, headers=_key("k1"))
    assert accepted.status_code == 201


async def test_a_key_belongs_to_its_caller(client, mint_token, db, parcels):
    await client.post("/parcels", json={"name": "a"}, headers=_key("k1"))
    other = {"Authorization": f"Bearer {mint_token(subject='peter')}", **_key("k1")}
    response = await client.post("/parcels", json={"name": "b"}, headers=other)
    assert response.status_code == 201
    assert await _count(db, parcels) == 2


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (None, "idempotency-key-missing"),
        ("", "idempotency-key-invalid"),
        ("a b", "idempotency-key-invalid"),
        ("x" * 256, "idempotency-key-invalid"),
    ],
)
async def test_a_key_must_be_there_and_sensible(client, key, problem):
    response = await client.post("/parcels", json={"name": "a"}, headers={} if key is None else _key(key))
    assert (response.status_code, response.json()["type"]) == (400, f"/problems/{problem}")


async def test_an_answer_without_a_body_is_replayed_too(client):
    first, again = [await client.delete("/parcels/a", headers=_key("k1")) for _ in range(2)]
    assert (first.status_code, first.content) == (again.status_code, again.content) == (204, b"")
    assert again.headers["idempotent-replay"] == "true"


async def test_a_commit_that_fails_is_not_answered_with_success(client, db, admin_database_url):
    async with db.transaction() as tx:
        await tx.execute(
            text("CREATE TABLE deferred (n int, CONSTRAINT once UNIQUE (n) DEFERRABLE INITIALLY DEFERRED)")
        )
    try:
        response = await client.post("/deferred", headers=_key("k1"))
    finally:
        async with db.transaction() as tx:
            await tx.execute(text("DROP TABLE deferred"))
    assert (response.status_code, response.json()["type"]) == (500, "/problems/internal-error")
    async with db.snapshot() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM idempotency"))).scalar_one() == 0


async def test_an_unreachable_database_is_503_and_never_500(
    serve, parcel_routes, mint_token, proxied_database_url, database_proxy
):
    headers = {"Authorization": f"Bearer {mint_token()}", **_key("k1")}
    async with serve(parcel_routes.router, database_url=proxied_database_url) as client:
        await database_proxy.refuse()
        response = await client.post("/parcels", json={"name": "a"}, headers=headers)
        assert (response.status_code, response.json()["type"]) == (503, "/problems/database-unavailable")
        assert response.headers["retry-after"]
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        await database_proxy.open()
        assert (await client.post("/parcels", json={"name": "a"}, headers=headers)).status_code == 201
        assert (await client.get("/readyz")).status_code == 200


async def test_a_connection_lost_in_the_middle_is_503_and_the_retry_has_one_effect(
    serve, parcel_routes, mint_token, proxied_database_url, database_proxy, db, parcels
):
    headers = {"Authorization": f"Bearer {mint_token(subject='paula')}", **_key("k1")}
    async with serve(parcel_routes.router, database_url=proxied_database_url) as client:
        parcel_routes.gate.clear()
        running = asyncio.create_task(client.post("/parcels", json={"name": "a"}, headers=headers))
        await wait_until(lambda: parcel_routes.tries)
        await asyncio.sleep(0.1)
        database_proxy.cut()
        parcel_routes.gate.set()
        assert (await running).status_code == 503
        retried = await client.post("/parcels", json={"name": "a"}, headers=headers)
        assert retried.status_code == 201
    assert await _count(db, parcels) == 1


async def test_a_statement_that_takes_too_long_is_503_and_never_500(serve):
    router = APIRouter()

    async def dawdle(tx) -> None:
        await tx.execute(text("SET LOCAL statement_timeout = '20ms'"))
        await tx.execute(text("SELECT pg_sleep(5)"))

    @router.post("/dawdling")
    async def add_slowly(write: IdempotentWrite) -> Response:
        return await write.once(dawdle)

    async with serve(router) as client:
        response = await client.post("/dawdling", headers=_key("k1"))
    assert (response.status_code, response.json()["type"]) == (503, "/problems/database-unavailable")
    assert response.headers["retry-after"]


async def test_a_refusal_gives_way_to_the_answer_the_same_request_got_meanwhile(serve, db, parcels):
    router = APIRouter()

    @router.post("/overtaken")
    async def add_overtaken(write: IdempotentWrite) -> Response:
        async def overtaken(tx) -> None:
            await tx.execute(parcels.insert(), {"name": "a", "weight": 1})
            async with db.transaction() as other:
                await write._store(other, write.scope, Response(b"{}", 201))
            raise TooHeavy("by now")

        return await write.once(overtaken, status=201)

    async with serve(router, problem_table={TooHeavy: ProblemSpec(409, "too-heavy", "Too heavy")}) as client:
        response = await client.post("/overtaken", headers=_key("k1"))
    assert (response.status_code, response.headers.get("idempotent-replay")) == (201, "true")
    assert await _count(db, parcels) == 0


async def test_roles_are_required(client, mint_token):
    assert (await client.post("/organizers")).status_code == 403
    organizer = {"Authorization": f"Bearer {mint_token('organizer')}"}
    assert (await client.post("/organizers", headers=organizer)).status_code == 201
