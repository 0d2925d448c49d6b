"""`rowlock status` tells how every part is, whichever of them is dead, slow or silent."""

import asyncio
import json
import socket
import time
import uuid
from datetime import UTC, datetime, timedelta

import aio_pika
import psycopg
import pytest
from integration.cli.conftest import DEADLINE_S
from integration.cli.stand_in import StandInProcess, free_port
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from chassis.inspection import PartState, PartStatus
from rowlock_cli.main import create_app
from rowlock_cli.operator_settings import OperatorSettings
from rowlock_cli.status.parts import look_at_parts
from support.tcp_proxy import tcp_proxy

OK, TROUBLE, UNKNOWN = PartState.OK, PartState.TROUBLE, PartState.UNKNOWN
NO_WORKERS = "no consumer of"
"""The stand-ins consume nothing; a system that does is in tests/e2e."""


async def statuses(deadline_s: float = DEADLINE_S) -> list[PartStatus]:
    settings = OperatorSettings.from_environment()
    return await asyncio.to_thread(look_at_parts, settings, deadline_s=deadline_s)


async def status_of(part: str) -> PartStatus:
    return next(each for each in await statuses() if each.part == part)


async def test_every_part_has_its_line(system):
    told = {each.part: each.state for each in await statuses()}

    assert told == {
        "gateway": OK,
        **dict.fromkeys(system.processes, OK),
        "postgres": OK,
        "rabbitmq": TROUBLE,  # nobody consumes
        "outboxes": OK,
        "orders under way": OK,
        "payments": OK,
        "refunds": OK,
        "books": OK,
        "mails": OK,
    }


async def test_a_replica_says_why_it_is_not_ready_or_that_it_is_gone(system):
    system.processes["orders-api"].failing = ["database"]
    await system.processes["orders-worker"].stop()

    api, worker = await status_of("orders-api"), await status_of("orders-worker")

    assert (api.state, api.facts["reasons"]) == (TROUBLE, ["database"])
    assert "is not ready: database" in api.says
    assert (worker.state, worker.says.partition(": ")[2]) == (UNKNOWN, "no connection: nobody listens there")


async def test_a_name_of_several_addresses_is_a_line_for_each(system, settings_for, monkeypatch):
    """As compose and headless services of Kubernetes name replicas."""
    port = free_port("127.0.0.2")
    settings = system.processes["orders-api"]._settings
    replicas = [StandInProcess(settings, "api", host=f"127.0.0.{n}", port=port) for n in (2, 3, 10)]
    for replica in replicas:
        await replica.start()
    replicas[1].failing = ["database"]
    real = socket.getaddrinfo

    def named(host, *arguments, **more):
        addresses = ["127.0.0.10", "127.0.0.2", "127.0.0.3"] if host == "orders-api" else [host]
        return [found for address in addresses for found in real(address, *arguments, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", named)
    monkeypatch.setenv("ORDERS_API_REPLICA_URLS", f"http://orders-api:{port}")

    lines = [each.says for each in await statuses() if each.part == "orders-api"]

    for replica in replicas:
        await replica.stop()
    assert lines == [
        f"ready at 127.0.0.2:{port}",
        f"127.0.0.3:{port} is not ready: database",
        f"ready at 127.0.0.10:{port}",
    ]


async def test_a_name_that_leads_nowhere(system, monkeypatch):
    monkeypatch.setenv("ORDERS_WORKER_REPLICA_URLS", "http://orders-worker.invalid:8001")

    status = await status_of("orders-worker")

    assert status.state is UNKNOWN
    assert "orders-worker.invalid does not resolve here" in status.says


async def test_the_gateway_names_the_services_it_does_not_reach(system):
    system.gateway.unreached = {"orders"}
    assert (await status_of("gateway")).says == "does not reach orders (HTTP 404)"

    await system.gateway.stop()
    gone = await status_of("gateway")
    assert (gone.state, gone.says.rpartition(": ")[2]) == (UNKNOWN, "nobody listens there")


async def test_a_backlog_of_messages_that_nobody_sends(system, admin_database_url):
    with psycopg.connect(admin_database_url, autocommit=True) as connection:
        for age_s in (5, 300):
            connection.execute(
                "INSERT INTO orders.outbox (message_type, aggregate_id, data, occurred_at) "
                "VALUES ('orders.nothing.v1', %s, '{}', clock_timestamp() - make_interval(secs => %s))",
                [uuid.uuid4(), age_s],
            )
            status = await status_of("outboxes")
            assert status.state is (OK if age_s < 60 else TROUBLE) or age_s == 300
            connection.execute("UPDATE orders.outbox SET occurred_at = clock_timestamp() - interval '5 min'")
    status = await status_of("outboxes")

    assert status.state is TROUBLE
    assert status.says.startswith("orders 2 (oldest 5 min)")


async def test_dead_letters_and_what_waits(system, amqp_url):
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for queue, count in {"orders": 3, "orders.dead": 2}.items():
            for _ in range(count):
                await channel.default_exchange.publish(aio_pika.Message(b"{}"), queue)
        status = await status_of("rabbitmq")

    assert status.state is TROUBLE
    assert "dead letters of orders (2)" in status.says
    assert "waiting: orders (3)" in status.says
    assert status.facts["queues"]["orders"] == {"messages": 3, "consumers": 0, "dead_letters": 2}


async def test_a_queue_that_is_missing(system, amqp_url):
    async with await aio_pika.connect(amqp_url) as connection:
        await (await connection.channel()).queue_delete("orders")

    assert (await status_of("rabbitmq")).says.startswith("no queue orders; ")


async def test_orders_payments_and_refunds_that_are_stuck(system, admin_database_url):
    now = datetime.now(UTC)
    hour_ago, week_ago = now - timedelta(hours=1), now - timedelta(days=7)
    order, payment = uuid.uuid4(), uuid.uuid4()
    with psycopg.connect(admin_database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO orders.orders (order_id, buyer_id, state, total_minor, currency, version, holds_expire_at,"
            " placed_at, changed_at, command_sent_at) "
            "VALUES (%s, 'b', 'finalizing', 100, 'PLN', 1, %s, %s, %s, %s)",
            [order, now, hour_ago, hour_ago, now],
        )
        connection.execute(
            "INSERT INTO orders.payments (payment_id, order_id, provider, reference, state, amount_minor, currency,"
            " expires_at, look_at, created_at, changed_at) "
            "VALUES (%s, %s, 'stripe', 'r1', 'pending', 100, 'PLN', %s, %s, %s, %s)",
            [payment, order, hour_ago, now, hour_ago, hour_ago],
        )
        for state, next_at in (("pending", now), ("failed", None)):
            connection.execute(
                "INSERT INTO orders.refunds (refund_id, payment_id, capture_reference, order_id, cause, state,"
                " amount_minor, currency, reason, next_attempt_at, created_at) "
                "VALUES (%s, %s, 'c', %s, %s, %s, 1, 'PLN', 'order_cancelled', %s, %s)",
                [uuid.uuid4(), payment, order, state, state, next_at, week_ago],
            )
        connection.execute(
            "INSERT INTO orders.reconciliation (began_at, ended_at, findings, not_compared) "
            """VALUES (%s, %s, '{"refund_stuck": 2, "ticket_missing": 0}', '{"provider": "away"}')""",
            [hour_ago, hour_ago],
        )
    told = {each.part: each for each in await statuses()}

    assert (
        told["orders under way"].says
        == "1 stuck for more than 5 min; 1 wait for their seats, the oldest for 60 min"
    )
    assert told["payments"].says == "1 without an outcome long after their page closed; 1 pending"
    assert told["refunds"].says == (
        "1 refused by the provider, left to you (rowlock refunds list --state failed); "
        "the oldest is owed for 7 days; 1 pending"
    )
    assert told["books"].says == (
        "2 refund_stuck; not compared with provider: away; that is long ago; compared 60 min ago"
    )
    parts = ("orders under way", "payments", "refunds", "books")
    assert {told[part].state for part in parts} == {TROUBLE}


async def test_mails_that_wait_or_were_given_up(system, admin_database_url):
    with psycopg.connect(admin_database_url, autocommit=True) as connection:
        for state, reason, ended in (("waiting", None, None), ("given_up", "refused", datetime.now(UTC))):
            connection.execute(
                "INSERT INTO notifications.mails (mail_id, kind, cause_id, state, reason, caused_at, waiting_since,"
                " due_at, ended_at) VALUES (gen_random_uuid(), 'verification', gen_random_uuid(), %s, %s, now(),"
                " now() - interval '1 h', now(), %s)",
                [state, reason, ended],
            )
    status = await status_of("mails")

    assert status.state is TROUBLE
    assert status.says == (
        "the oldest waits for 60 min; 1 given up since yesterday (rowlock mails list); 1 waiting"
    )


async def test_a_schema_that_lacks_migrations(system, admin_database_url):
    with psycopg.connect(admin_database_url, autocommit=True) as connection:
        before = connection.execute("SELECT version_num FROM catalog.alembic_version").fetchone()
        connection.execute("UPDATE catalog.alembic_version SET version_num = 'from_the_future'")
        try:
            status = await status_of("postgres")
        finally:
            connection.execute("UPDATE catalog.alembic_version SET version_num = %s", before)

    assert status.says.startswith("schema of catalog is newer than this installation (from_the_future); ")


async def test_silent_parts_cost_the_deadline_once_and_are_told(system, operator, monkeypatch):
    """PostgreSQL and RabbitMQ accept connections and say nothing, as machines do that vanished."""
    database, broker = make_url(operator["ORDERS_DATABASE_URL"]), make_url(operator["AMQP_URL"])
    assert database.host
    assert broker.host
    async with (
        tcp_proxy(database.host, database.port or 5432) as silent_database,
        tcp_proxy(broker.host, broker.port or 5672) as silent_broker,
    ):
        silent_database.fall_silent()
        silent_broker.fall_silent()
        for service in ("orders", "catalog", "reservation", "accounts", "notifications"):
            url = make_url(operator[f"{service.upper()}_DATABASE_URL"]).set(
                host="127.0.0.1", port=silent_database.port
            )
            name = f"{service.upper()}_DATABASE_URL"
            monkeypatch.setenv(name, url.render_as_string(hide_password=False))
        amqp = broker.set(host="127.0.0.1", port=silent_broker.port).render_as_string(hide_password=False)
        monkeypatch.setenv("AMQP_URL", amqp)
        await asyncio.to_thread(look_at_parts, OperatorSettings.from_environment(), deadline_s=0.1)  # imports
        began = time.monotonic()
        told = {each.part: each for each in await statuses(deadline_s=2)}
        took_s = time.monotonic() - began

    assert {told[part].state for part in ("postgres", "rabbitmq", "outboxes", "orders", "notifications")} == {
        UNKNOWN
    }
    assert told["rabbitmq"].says == "no answer within 2 s"
    assert took_s < 6, "questions run beside each other, and those given up keep nobody"


def run(*arguments: str):
    return CliRunner().invoke(create_app(), ["status", "--deadline-s", str(DEADLINE_S), *arguments])


async def test_the_screen_says_first_whether_all_is_well(system):
    result = await asyncio.to_thread(run)

    title, verdict, *lines = result.stdout.splitlines()
    assert title.startswith(f"Rowlock at http://127.0.0.1:{system.gateway.port}")
    assert verdict == "Not healthy. Trouble: rabbitmq."
    assert lines[0].split() == ["gateway", "ok", *lines[0].split()[2:]]
    assert "\x1b" not in result.stdout
    assert result.exit_code == 1


async def test_programs_get_one_json_object(system):
    result = await asyncio.to_thread(run, "--json")

    document = json.loads(result.stdout)
    parts = {part["part"]: part for part in document["parts"]}
    assert (document["healthy"], result.exit_code) == (False, 1)
    assert parts["orders-api"]["state"] == "ok"
    assert parts["orders-api"]["facts"]["address"] in system.processes["orders-api"].url
    assert NO_WORKERS in parts["rabbitmq"]["says"]


@pytest.mark.parametrize("command", [["list", "--consumer", "nobody"], ["replay", "nobody"]])
async def test_dead_letters_of_an_unknown_consumer_are_refused_and_no_queue_is_made(
    system, amqp_url, command
):
    result = await asyncio.to_thread(CliRunner().invoke, create_app(), ["dead-letters", *command])

    assert result.exit_code == 1
    assert "There is no consumer nobody: use " in result.stderr
    assert "reservation.commands" in result.stderr
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
            await channel.get_queue("nobody.dead")
