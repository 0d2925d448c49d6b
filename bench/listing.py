"""Browsing: a page of 50 among 10,000 events with their availability, and how many queries it takes."""

import asyncio
from http import HTTPStatus
from typing import Any

import psycopg
from psycopg import sql

from bench.http_connection import HttpConnection
from bench.ladder import Stage
from bench.paced import run_paced

EVENTS = 10_000
_PATH = "/api/v1/events?limit=50"
_CONNECTIONS = 16
_COPIED = ("events", "listings", "event_availability")
_COLUMNS = """
SELECT column_name FROM information_schema.columns
 WHERE table_schema = 'catalog' AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
_COPY = """
INSERT INTO catalog.{table} ({columns})
SELECT {values} FROM catalog.{table} t CROSS JOIN bench.copies c WHERE t.event_id = %(event_id)s
"""


def measure(stage: Stage, *, rate_per_s: float, seconds: float) -> dict[str, Any]:
    """Paced reads of the first page, straight from catalog and through the gateway."""
    _copy_event(stage.system.admin_url, event_id=stage.event_ids[0])
    catalog_url = f"http://127.0.0.1:{stage.system.port('catalog-api-1')}"
    return {
        "events": EVENTS,
        "queries": _queries(stage, catalog_url),
        "catalog": _paced(catalog_url, rate_per_s=rate_per_s, seconds=seconds),
        "gateway": _paced(stage.system.url, rate_per_s=rate_per_s, seconds=seconds),
    }


def _paced(url: str, *, rate_per_s: float, seconds: float) -> dict[str, Any]:
    async def browse(connection: HttpConnection, _number: int) -> int:
        status, _ = await connection.get(_PATH)
        return status

    paced = run_paced(url=url, work=browse, rate_per_s=rate_per_s, seconds=seconds, connections=_CONNECTIONS)
    return asyncio.run(paced).figures()


def _copy_event(admin_url: str, *, event_id: str) -> None:
    """Copy one event's rows under new ids, an hour apart."""
    with psycopg.connect(admin_url) as connection:
        connection.execute("DROP TABLE IF EXISTS bench.copies")
        connection.execute(
            "CREATE TABLE bench.copies AS SELECT n, uuidv7() AS event_id FROM generate_series(1, %s::int) n",
            (EVENTS,),
        )
        for table in _COPIED:
            names = [name for (name,) in connection.execute(_COLUMNS, (table,))]
            statement = sql.SQL(_COPY).format(
                table=sql.Identifier(table),
                columns=sql.SQL(", ").join(sql.Identifier(name) for name in names),
                values=sql.SQL(", ").join(_copied(name) for name in names),
            )
            connection.execute(statement, {"event_id": event_id})
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for table in _COPIED:
            connection.execute(sql.SQL("VACUUM (ANALYZE) catalog.{}").format(sql.Identifier(table)))


def _copied(name: str) -> sql.Composable:
    """What a copy has in this column."""
    if name == "event_id":
        return sql.SQL("c.event_id")
    if name in {"starts_at", "ends_at"}:
        return sql.SQL("t.{} + c.n * interval '1 hour'").format(sql.Identifier(name))
    if name == "title":
        return sql.SQL("t.title || ' ' || c.n")
    return sql.SQL("t.{}").format(sql.Identifier(name))


def _queries(stage: Stage, url: str) -> int:
    """Statements that catalog's role ran for one page, counted in the server's own log."""
    log = stage.system.home.logs / "postgres.log"
    with psycopg.connect(stage.system.admin_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf(), pg_sleep(0.5)")
        before = log.stat().st_size
        asyncio.run(_one_page(url))
        connection.execute("ALTER SYSTEM RESET log_statement")
        connection.execute("SELECT pg_reload_conf(), pg_sleep(0.5)")
    lines = log.read_bytes()[before:].decode(errors="replace").splitlines()
    return sum(" catalog LOG:" in line and "SELECT" in line and "listings" in line for line in lines)


async def _one_page(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    async with HttpConnection(host=host, port=int(port)) as connection:
        status, answer = await connection.get(_PATH)
    assert status == HTTPStatus.OK, answer
