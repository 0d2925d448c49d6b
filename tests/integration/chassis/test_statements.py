"""Statements of hot paths: part of the transaction, several in one round trip, errors as everywhere."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from chassis.database import Database
from chassis.database_errors import sqlstate_of
from chassis.statements import Answer, AskedTooEarly, Statement, at_once

UNIQUE_VIOLATION = "23505"
ADD = Statement("INSERT INTO parcels.parcels (name, weight) VALUES (:name, :weight) ON CONFLICT DO NOTHING")
ADD_NEW = Statement("INSERT INTO parcels.parcels (name, weight) VALUES (:name, :weight)")
WEIGHTS = Statement("SELECT name, weight FROM parcels.parcels ORDER BY name")
LOCK = Statement("SELECT weight FROM parcels.parcels WHERE name = :name FOR UPDATE")
WEIGH = Statement("UPDATE parcels.parcels SET weight = weight + 1 WHERE name = :name")


async def _weights(db: Database) -> dict[str, int]:
    async with db.transaction() as tx:
        return {row["name"]: row["weight"] for row in await (await WEIGHTS.run(tx)).all()}


async def test_they_are_committed_and_undone_with_the_rest_of_the_transaction(db, parcels):
    async with db.transaction() as tx:
        await ADD.run(tx, name="one", weight=1)
        await tx.execute(parcels.insert(), {"name": "two", "weight": 2})
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            async with at_once(tx):
                await ADD.run(tx, name="three", weight=3)
            raise ZeroDivisionError
    assert {"one": 1, "two": 2} == await _weights(db)


async def test_what_is_asked_at_once_is_answered_in_its_order(db, parcels):
    async with db.transaction() as tx, at_once(tx):
        added = await ADD.run(tx, name="one", weight=1)
        again = await ADD.run(tx, name="one", weight=5)
        found = await WEIGHTS.run(tx)
        with pytest.raises(AskedTooEarly):
            _ = added.rows_changed
        with pytest.raises(AskedTooEarly):
            await found.all()
        with pytest.raises(AskedTooEarly):
            await found.first()
    assert (1, 0) == (added.rows_changed, again.rows_changed)
    assert [{"name": "one", "weight": 1}] == await found.all()


async def test_a_question_through_sqlalchemy_within_a_block_is_refused(db, parcels):
    async with db.transaction() as tx:
        async with at_once(tx):
            await tx.execute(parcels.insert(), {"name": "one", "weight": 1})
            for question in (select(parcels), parcels.update().values(weight=2).returning(parcels.c.name)):
                with pytest.raises(AskedTooEarly):
                    await tx.execute(question)
        assert 1 == len((await tx.execute(select(parcels))).all())


async def test_a_block_in_another_is_part_of_it(db, parcels):
    async with db.transaction() as tx:
        async with at_once(tx):
            await ADD.run(tx, name="one", weight=1)
            async with at_once(tx):
                inner = await ADD.run(tx, name="two", weight=2)
            with pytest.raises(AskedTooEarly):
                _ = inner.rows_changed
        assert 1 == inner.rows_changed
        async with at_once(tx):
            later = await ADD.run(tx, name="three", weight=3)
        assert 1 == later.rows_changed


async def test_a_check_looks_when_the_answers_are_there_and_undoes_what_it_refuses(db, parcels):
    def refuse(answer: Answer) -> None:
        if answer.rows_changed != 1:
            raise ZeroDivisionError

    async def add(*names: str) -> None:
        async with db.transaction() as tx, at_once(tx):
            for name in names:
                async with at_once(tx) as together:
                    added = await ADD.run(tx, name=name, weight=1)
                    together.then(partial(refuse, added))

    await add("one", "two")
    with pytest.raises(ZeroDivisionError):
        await add("three", "one")
    assert {"one": 1, "two": 1} == await _weights(db)


async def test_what_follows_a_lock_in_the_same_block_sees_what_was_committed_while_it_waited(db, parcels):
    async with db.transaction() as tx:
        await ADD.run(tx, name="one", weight=1)

    async def read_under_the_lock() -> list[dict[str, int]]:
        async with db.transaction() as tx:
            async with at_once(tx):
                await LOCK.run(tx, name="one")
                found = await WEIGHTS.run(tx)
            return await found.all()

    async with db.transaction() as tx:
        await WEIGH.run(tx, name="one")
        reading = asyncio.create_task(read_under_the_lock())
        async with db.transaction() as other:
            waiting = Statement("SELECT 1 AS waits FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            while await (await waiting.run(other)).first() is None:
                await asyncio.sleep(0.01)
    assert [{"name": "one", "weight": 2}] == await reading


@pytest.mark.parametrize("together", [False, True])
async def test_an_error_is_as_sqlalchemy_raises_it(db, parcels, together):
    async def add_twice() -> None:
        async with db.transaction() as tx:
            if not together:
                await ADD_NEW.run(tx, name="secret", weight=1)
                await ADD_NEW.run(tx, name="secret", weight=2)
            async with at_once(tx):
                await ADD_NEW.run(tx, name="secret", weight=1)
                await ADD_NEW.run(tx, name="secret", weight=2)

    with pytest.raises(IntegrityError) as raised:
        await add_twice()
    assert UNIQUE_VIOLATION == sqlstate_of(raised.value)
    assert raised.value.params is None
    assert {} == await _weights(db)


async def test_an_expression_brings_its_literals(db, parcels):
    light = Statement(
        select(parcels.c.name).where(parcels.c.name == bindparam("name"), parcels.c.weight == 1)
    )
    async with db.transaction() as tx:
        await ADD.run(tx, name="one", weight=1)
        await ADD.run(tx, name="two", weight=2)
        found = [await (await light.run(tx, name=name)).first() for name in ("one", "two")]
    assert [{"name": "one"}, None] == found


async def test_on_a_raw_connection_each_is_its_own_transaction(db, parcels):
    async with db.raw() as connection:
        await ADD.run(connection, name="one", weight=1)
    assert {"one": 1} == await _weights(db)
