"""The stored answer of a write is nobody's to read but its owner's, who asks again with the same key."""

import hashlib
from typing import Any

import pytest
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import Response

from chassis.access import CurrentPrincipal
from chassis.fingerprints import LookupKeyUnusable
from chassis.http import create_http_app
from chassis.idempotency import IdempotentWrite
from chassis.wrapping_keys import WrappingKeysUnusable

PESEL = "44051401359"
TOKEN = "order-access-token-canary"


class PersonIn(BaseModel):
    pesel: str


router = APIRouter()


async def _nothing(_tx) -> None: ...


@router.post("/people", status_code=201)
async def add_person(body: PersonIn, _who: CurrentPrincipal, write: IdempotentWrite) -> Response:
    return await write.once(
        _nothing,
        status=201,
        respond=lambda _: {"pesel": body.pesel, "token": TOKEN},
        headers={"X-Secret": f"{TOKEN}\u00e9"},
    )


@pytest.fixture
async def ask(serve, mint_token):
    async with serve(router) as client:

        async def asked(key: str = "k1", who: str = "paula", pesel: str = PESEL):
            headers = {"Authorization": f"Bearer {mint_token(subject=who)}", "Idempotency-Key": key}
            return await client.post("/people", json={"pesel": pesel}, headers=headers)

        yield asked


async def stored(db) -> list[Any]:
    async with db.transaction() as tx:
        return list((await tx.execute(text("SELECT * FROM idempotency ORDER BY key"))).all())


async def test_an_answer_is_told_again_with_its_headers(ask):
    first, again = await ask(), await ask()

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert first.json() == {"pesel": PESEL, "token": TOKEN}
    assert again.headers["x-secret"] == first.headers["x-secret"] == f"{TOKEN}\u00e9"
    assert (first.headers.get("idempotent-replay"), again.headers["idempotent-replay"]) == (None, "true")


async def test_neither_the_answer_nor_the_request_can_be_read_in_the_table(ask, db):
    await ask()
    async with db.transaction() as tx:
        dump = str(
            (await tx.execute(text("SELECT i::text, encode(body, 'escape') FROM idempotency i"))).all()
        )

    for secret in (PESEL, TOKEN, PESEL.encode().hex(), TOKEN.encode().hex()):
        assert secret not in dump


async def test_the_request_cannot_be_guessed_from_its_fingerprint(ask, db):
    """A plain hash would give a PESEL away: there are few enough to try them all."""
    await ask()
    [row] = await stored(db)
    request = b"POST\0/people\0\0" + f'{{"pesel":"{PESEL}"}}'.encode()

    assert bytes(row.fingerprint) != hashlib.sha256(request).digest()
    assert len(bytes(row.fingerprint)) == 32


@pytest.mark.parametrize("column", ["key", "scope"])
async def test_an_answer_moved_to_another_key_or_person_is_told_to_nobody(ask, db, column):
    await ask()
    value = {"key": "k2", "scope": "peter"}[column]
    async with db.transaction() as tx:
        await tx.execute(text(f"UPDATE idempotency SET {column} = :value"), {"value": value})
    answer = await (ask(key="k2") if column == "key" else ask(who="peter"))

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert TOKEN not in answer.text


async def test_the_database_refuses_an_answer_that_is_not_sealed(ask, db):
    await ask()
    with pytest.raises(Exception, match="idempotency_body_sealed_check"):
        async with db.transaction() as tx:
            await tx.execute(
                text("UPDATE idempotency SET body = CAST(:body AS bytea)"),
                {"body": f'{{"token": "{TOKEN}", "pesel": "{PESEL}"}}'.encode()},
            )


@pytest.mark.parametrize(
    ("missing", "error"),
    [({"wrapping_keys": ""}, WrappingKeysUnusable), ({"lookup_key": ""}, LookupKeyUnusable)],
)
async def test_a_service_with_writes_does_not_start_without_its_keys(settings_of, missing, error):
    app = create_http_app(
        title="T",
        description="",
        version="1",
        settings=settings_of(**missing),
        routers=[router],
        problem_table={},
    )
    with pytest.raises(error, match="is not set"):
        async with app.router.lifespan_context(app):
            pass


async def test_a_service_that_only_answers_needs_none(settings_of):
    app = create_http_app(
        title="T",
        description="",
        version="1",
        settings=settings_of(wrapping_keys="", lookup_key="", internal_api_key=""),
        routers=[],
        problem_table={},
    )
    async with app.router.lifespan_context(app):
        pass
