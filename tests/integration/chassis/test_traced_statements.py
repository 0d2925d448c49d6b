"""Statements in a trace: what they do, to which tables, and nothing of what they were given."""

import pytest
from sqlalchemy import text

from chassis import tracing
from chassis.statement_spans import SeenCursor
from chassis.trace_context import begin
from support.seen_spans import ids_of, parent_of, seen_spans

SECRET = "canary-44051401359"


@pytest.fixture
def spans():
    with seen_spans() as seen:
        yield seen


async def test_each_statement_and_the_commit_is_a_step(db, parcels, spans):
    async with db.transaction() as tx:  # so that the connection is there
        await tx.execute(text("SELECT 1"))
    with tracing.work(begin(), "add"):
        async with db.transaction() as tx:
            await tx.execute(parcels.insert(), {"name": SECRET, "weight": 1})
            await tx.execute(parcels.insert(), [{"name": f"{SECRET}{n}", "weight": n} for n in range(3)])
            await tx.execute(text("SELECT weight FROM parcels.parcels WHERE name = :name"), {"name": SECRET})
            await tx.execute(parcels.delete())

    work = spans.one("add")
    steps = [span for span in spans.all if span is not work]
    assert [
        "INSERT parcels.parcels",
        "INSERT parcels.parcels",
        "SELECT parcels.parcels",
        "DELETE parcels.parcels",
        "COMMIT",
    ] == [span.name for span in steps]
    assert {ids_of(work)[1]} == {parent_of(span) for span in steps}
    assert not [span.to_json() for span in spans.all if SECRET in span.to_json()]
    insert = steps[0].attributes or {}
    assert ["postgresql", "INSERT"] == [insert["db.system.name"], insert["db.operation.name"]]


async def test_raw_statements_are_steps(db, spans):
    async with db.raw() as connection:
        await connection.execute("SELECT 1")
    with tracing.work(begin(), "look"):
        async with db.raw() as connection:
            cursor = await connection.execute("SELECT %s::text", (SECRET,))
            assert (SECRET,) == await cursor.fetchone()
    assert ["SELECT", "look"] == spans.names
    assert SECRET not in spans.all[0].to_json()


async def test_a_statement_that_fails_says_with_which_code(db, parcels, spans):
    with pytest.raises(Exception, match="parcels_pkey"), tracing.work(begin(), "add"):
        async with db.transaction() as tx:
            for _ in range(2):
                await tx.execute(parcels.insert(), {"name": SECRET, "weight": 1})

    failed = [span for span in spans.all if (span.attributes or {}).get("db.response.status_code")]
    assert ["INSERT parcels.parcels"] == [span.name for span in failed]
    assert ["23505", "UniqueViolation"] == [
        (failed[0].attributes or {})[name] for name in ("db.response.status_code", "error.type")
    ]
    assert not [span.to_json() for span in spans.all if SECRET in span.to_json()]


async def test_what_a_process_asks_for_itself_is_in_no_trace(db, spans):
    await db.ping()
    async with db.snapshot() as connection:
        await connection.execute(text("SELECT 1"))
    assert [] == spans.all


async def test_every_connection_has_such_cursors(db):
    async with db.raw() as raw, db.beside() as beside, db.relaying() as relaying, db.snapshot() as snapshot:
        driver = (await snapshot.get_raw_connection()).driver_connection
        assert {SeenCursor} == {each.cursor_factory for each in (raw, beside, relaying, driver)}
