"""Who made something is forgotten when their account is erased; what they made stays."""

import asyncio
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import MetaData

from catalog.commands import erase
from catalog.worker import create_worker
from chassis.erasure import Person
from chassis.outbox import Outbox, outbox_table
from messages.accounts import AccountErased
from support.waiting import wait_until

OLGA = uuid4()


@pytest.fixture
def olga(http, mint_token, organizer, ours):
    """An organizer whose subject is an account, as those of accounts are."""
    token = mint_token("organizer", subject=str(OLGA), organizations={ours: ["organizer"]})
    return type(organizer)(http, token)


@pytest.fixture
async def event(olga, house):
    """An event, with its venue and plan, that Olga made beside one of another organizer's."""
    await house.draft()
    return await type(house)(olga).draft()


@pytest.fixture
def traces(admin_database_url):
    """Call it for how often Olga's account stands anywhere in catalog's tables."""

    def count():
        query = sql.SQL("SELECT FROM catalog.{} AS t WHERE t::text LIKE {}")
        trace = sql.Literal(f"%{OLGA}%")
        with psycopg.connect(admin_database_url) as admin:
            tables = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'catalog'").fetchall()
            found = [admin.execute(query.format(sql.Identifier(name), trace)).rowcount for (name,) in tables]
        return sum(found)

    return count


async def test_an_erased_organizer_leaves_what_they_made(
    olga, organizer, event, traces, settings_for, monkeypatch
):
    assert traces() == 6  # a venue, a plan, an event, and three answers
    monkeypatch.setattr("catalog.settings.Settings.from_environment", lambda: settings_for("catalog"))
    told = [await erase(Person(email="olga@example.org", account_ids=frozenset({OLGA}))) for _ in range(2)]
    assert traces() == 0
    assert ["3", "0"] == [erasure.erased[0].split(": ")[1].partition(";")[0] for erasure in told]
    assert str(OLGA) not in str(told)
    shown = (await organizer.get(f"/events/{event['event_id']}")).json()
    assert event == shown


async def test_a_message_that_the_account_is_erased_is_enough(event, traces, settings_for, amqp_url, db):
    worker = create_worker(settings_for("catalog", amqp_url=amqp_url))
    running = asyncio.create_task(worker.run())
    try:
        await wait_until(lambda: all(consumer.consuming for consumer in worker.consumers))
        await db.run(
            lambda tx: Outbox(outbox_table(MetaData(schema="catalog"))).enqueue(
                tx, AccountErased(account_id=OLGA, email_fingerprint="00" * 32)
            )
        )

        async def forgotten():
            return traces() == 0

        await wait_until(forgotten)
    finally:
        worker.stop()
        await running
