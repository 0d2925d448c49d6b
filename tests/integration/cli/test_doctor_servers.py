"""What `rowlock doctor` finds in PostgreSQL and RabbitMQ."""

from dataclasses import replace

import aio_pika
import psycopg
import pytest
from integration.cli.conftest import DELIVERY_LIMIT, look, seen

from chassis.messaging import declare_queues
from chassis.messaging.inspection import BrokerSight
from rowlock_cli.doctor.command import examine
from rowlock_cli.services import consumers_of


async def test_a_database_with_a_wrong_clock(doctor):
    facts = await look()
    databases = {**facts.databases, "orders": replace(seen(facts, "orders"), clock_ahead_s=-9.0)}

    assert list(examine(replace(facts, databases=databases))) == ["clocks_agree"]


async def test_more_connections_than_postgresql_gives(doctor, system):
    for process in system.processes.values():
        process.be_told(database_pool_size=200)

    found = await doctor()

    assert list(found) == ["connections_suffice"]
    # Ten pools of 200; 5 beside each; 4 more for each of five workers. The largest kind is a worker.
    assert "may open 2070, 209 more while" in found["connections_suffice"][0].wrong


async def test_behind_a_pooler_its_own_limits_hold(doctor, system):
    system.tell_all(database_pool_size=200)
    facts = await look()
    pooled = {service: replace(seen(facts, service), is_pooled=True) for service in facts.databases}

    assert examine(replace(facts, databases=pooled)) == {}


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"version_num": 150018, "version": "15.18"}, "version_recent_enough"),
        ({"is_standby": True}, "takes_writes"),
    ],
)
async def test_a_server_that_is_not_fit(doctor, change, check):
    facts = await look()
    orders = seen(facts, "orders")
    databases = {**facts.databases, "orders": replace(orders, server=replace(orders.server, **change))}

    found = examine(replace(facts, databases=databases))

    assert {name: [each.setting for each in several] for name, several in found.items()} == {
        check: ["ORDERS_DATABASE_URL"]
    }


@pytest.mark.parametrize("name", ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"])
async def test_a_role_without_a_timeout(doctor, role_setting, name):
    role_setting("orders", name, "0")

    assert await doctor.settings_by_check() == {"roles_have_timeouts": [name]}


@pytest.mark.parametrize(("revision", "says"), [("behind", "behind"), ("newer", "does not know")])
async def test_a_schema_that_is_not_at_its_head(doctor, admin_database_url, revision, says):
    facts = await look()
    head = seen(facts, "orders").revisions.head
    other = "from_the_future" if revision == "newer" else "2026_11_23_2030"
    with psycopg.connect(admin_database_url, autocommit=True) as connection:
        connection.execute("UPDATE orders.alembic_version SET version_num = %s", [other])
        try:
            found = await doctor()
        finally:
            connection.execute("UPDATE orders.alembic_version SET version_num = %s", [head])

    assert [each.setting for each in found.pop("schemas_at_head")] == ["migrations of orders"]
    assert found == {}


async def test_an_old_broker(doctor):
    facts = await look()

    assert isinstance(facts.broker, BrokerSight)

    found = examine(replace(facts, broker=replace(facts.broker, version="3.9.29")))

    assert list(found) == ["version_known"]


@pytest.mark.parametrize("queue", ["orders", "orders.dead"])
async def test_a_queue_that_is_missing(doctor, amqp_url, queue):
    async with await aio_pika.connect(amqp_url) as connection:
        await (await connection.channel()).queue_delete(queue)

    assert await doctor.settings_by_check() == {"queues_exist": ["queues"]}


async def test_looking_makes_no_queue(doctor, amqp_url):
    async with await aio_pika.connect(amqp_url) as connection:
        await (await connection.channel()).queue_delete("orders")
        await look()
        channel = await connection.channel()
        with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
            await channel.get_queue("orders")


async def test_a_queue_with_another_delivery_limit(doctor, amqp_url):
    consumers = consumers_of("orders")
    async with await aio_pika.connect(amqp_url) as connection:
        await (await connection.channel()).queue_delete("orders")
        await declare_queues(consumers, amqp_url=amqp_url, delivery_limit=3)
        found = await doctor()
        await (await connection.channel()).queue_delete("orders")
    await declare_queues(consumers, amqp_url=amqp_url, delivery_limit=DELIVERY_LIMIT)

    assert [each.setting for each in found.pop("queues_have_our_arguments")] == ["DELIVERY_LIMIT"]
    assert found == {}


async def test_a_broker_that_takes_no_messages(doctor):
    """The alarm itself is in tests/e2e/test_status_and_doctor.py."""
    facts = await look()

    assert list(examine(replace(facts, broker_takes_messages=False))) == ["messages_are_taken"]
