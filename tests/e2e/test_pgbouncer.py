"""The whole system behind PgBouncer in transaction mode: bought under load, nothing lost, few sessions."""

import asyncio
import os
from collections import Counter

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url

from chassis.provisioning import provision
from rowlock_local.settings import SERVICES
from support import databases
from support.pgbouncer import keeps_prepared_statements, pgbouncer, require_program
from support.stage.books import check_books
from support.stage.rush import Rush, open_rush
from support.stage.stage import Stage
from support.system import run_system
from support.waiting import wait_until

PURCHASES = int(os.environ.get("ROWLOCK_TEST_PGBOUNCER_PURCHASES", "80"))
AT_ONCE = 16
SESSIONS = 6
QUERY_WAIT_S = 5
"""As docs/scaling.md has it."""

REPLICAS = 2
ROLE_PASSWORD = "test"
UNDER_WAY = {"finalizing", "cancelling"}
WIDE = {
    "HOLDS_PER_BUYER": "1000/1s",
    "HOLDS_PER_ADDRESS": "100000/1s",
    "REGISTRATIONS_PER_ADDRESS": "1000/1s",
}


@pytest.mark.timeout(900)
async def test_everything_runs_and_sells_through_pgbouncer(parts, tell_figure):
    program = require_program()
    name = f"rowlock_bounced_{parts.run}_{parts.worker}"
    admin_url = databases.create(admin_url=parts.admin_url, name=name)
    try:
        urls = {service: provision(admin_url, service, ROLE_PASSWORD, name) for service in SERVICES}
        passwords = dict.fromkeys(map(str, SERVICES), ROLE_PASSWORD)
        with pgbouncer(
            program,
            server_url=admin_url,
            passwords=passwords,
            pool_size=SESSIONS,
            query_wait_s=QUERY_WAIT_S,
        ) as bouncer:
            through = {
                f"{service.upper()}_DATABASE_URL": bouncer.through(url) for service, url in urls.items()
            }
            prepares = "true" if keeps_prepared_statements(program) else "false"
            settings = {**WIDE, **through, "DATABASE_POOLER_PREPARES": prepares}
            with run_system(replicas=REPLICAS, **settings) as system:
                async with httpx.AsyncClient(base_url=system.url, trust_env=False, timeout=30) as gateway:
                    rush = await open_rush(Stage(system, gateway), purchases=PURCHASES)
                    async with asyncio.TaskGroup() as tasks:
                        most = tasks.create_task(_most_sessions(parts.admin_url, name, rush))
                        tasks.create_task(rush.run(at_once=AT_ONCE))
                    await _check(rush)
                check_books(system)
            sessions = most.result()
    finally:
        databases.drop(admin_url=parts.admin_url, name=name)
    assert max(sessions.values()) <= SESSIONS
    tell_figure(f"through PgBouncer: {PURCHASES} purchases, at most {dict(sessions)} sessions of the server")


async def _check(rush: Rush) -> None:
    backstage = rush.stage.backstage

    async def settled() -> bool:
        states = await backstage.order_states(rush.event_id)
        return not UNDER_WAY & set(states.values()) and await backstage.unsent_messages() == 0

    await wait_until(settled, deadline_s=120, poll_ms=250, what="nothing is under way")
    states = await backstage.order_states(rush.event_id)
    expected = {
        o: "cancelled" if o in rush.promises.cancelled else "confirmed" for o in rush.promises.ordered
    }
    assert states == expected
    tickets = await backstage.valid_tickets(rush.event_id)
    assert await backstage.sold_seats(rush.event_id) == dict(tickets)
    assert max(Counter(seat for seat, _ in tickets).values()) == 1
    assert await backstage.dead_letters() == []


async def _most_sessions(admin_url: str, database: str, rush: Rush) -> Counter[str]:
    """The most sessions each role had at a time, while the rush went on."""
    most: Counter[str] = Counter()
    url = make_url(admin_url).render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while rush.done < rush.purchases:
            answer = await connection.execute(
                "SELECT usename, count(*) FROM pg_stat_activity"
                " WHERE datname = %s AND usename <> current_user GROUP BY usename",
                [database],
            )
            most |= Counter({str(role): int(count) for role, count in await answer.fetchall()})
            await asyncio.sleep(0.2)
    return most
