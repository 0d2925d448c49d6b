"""A process tells who it is at /aboutz, no secret among it, and opens as many connections as it says."""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psycopg
from httpx import ASGITransport, AsyncClient

from chassis.database import Database
from chassis.http import create_http_app
from chassis.process_facts import ProcessFacts, file_fingerprint, without_password


async def test_the_api_tells_its_facts_and_no_secret(settings_of, tmp_path):
    key = tmp_path / "lookup.key"
    key.write_text("very-secret\n")
    settings = settings_of(
        lookup_key=str(key),
        internal_api_key="",
        amqp_url="amqp://rowlock:hidden@broker:5672/shop",
        keep_alive_s=80,
    )
    app = create_http_app(
        title="Facts", description="", version="1", settings=settings, routers=[], problem_table={}
    )

    async with AsyncClient(transport=ASGITransport(app), base_url="http://api") as client:
        answer = (await client.get("/aboutz")).json()

    assert answer["process"] == "api"
    assert answer["settings"]["KEEP_ALIVE_S"] == 80
    assert answer["addresses"]["AMQP_URL"] == "amqp://rowlock@broker:5672/shop"
    assert answer["files"]["LOOKUP_KEY"] == file_fingerprint(key)
    assert answer["files"]["INTERNAL_API_KEY"] == "unset"
    assert "secret" not in json.dumps(answer)
    assert "hidden" not in json.dumps(answer)


def test_equal_files_have_equal_fingerprints_and_others_do_not(tmp_path):
    for name, content in {"one": "a-key\n", "same": "a-key", "other": "b-key\n"}.items():
        (tmp_path / name).write_text(content)

    assert file_fingerprint(tmp_path / "one") == file_fingerprint(tmp_path / "same")
    assert file_fingerprint(tmp_path / "one") != file_fingerprint(tmp_path / "other")
    assert file_fingerprint(tmp_path / "missing") == "unreadable: FileNotFoundError"


def test_an_address_is_told_without_its_password():
    assert without_password("amqps://u:p%40x@h:5671/v?k=secret") == "amqps://u@h:5671/v"
    assert without_password("/run/secrets/jwks.json") == "/run/secrets/jwks.json"
    assert without_password("amqp://user:secret@/vhost") == "not a URL"


async def test_a_process_opens_as_many_connections_as_it_says(settings_of, parcels_url):
    """Everything at work at once, counted by PostgreSQL: the budget of docs/connections.md is this one."""
    db = Database.of(settings_of(database_pool_size=7), process="measured")
    told = ProcessFacts(settings_of(), process="worker", db=db, relays=True)()["connections_max"]
    purposes = {"transactions": db.transaction, "raw": db.raw, "beside": db.beside, "relay": db.relaying}

    @asynccontextmanager
    async def used(purpose):
        connection: Any
        async with purposes[purpose]() as connection:
            await (connection.exec_driver_sql if purpose == "transactions" else connection.execute)(
                "SELECT 1"
            )
            yield

    try:
        async with AsyncExitStack() as all_of_them:
            for purpose, count in told.items():
                for _ in range(count):
                    await all_of_them.enter_async_context(used(purpose))
            late = [asyncio.ensure_future(used(purpose).__aenter__()) for purpose in told]
            await asyncio.sleep(0.2)
            opened = _opened_by(parcels_url)
            assert not any(task.done() for task in late), "each pool is full"
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
    finally:
        await db.close()

    assert told == {"transactions": 7, "raw": 4, "beside": 1, "relay": 4}
    assert opened == sum(told.values())


def _opened_by(url) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%-measured'"
        ).fetchone()
        assert row
        return row[0]
