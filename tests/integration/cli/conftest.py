"""A healthy system to look at, and the environment of an operator's command beside it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from integration.cli.stand_in import PROCESS_TYPES, StandIn, StandInProcess
from psycopg import sql

from chassis.inspection import Finding
from chassis.messaging import declare_queues
from rowlock_cli.doctor.command import examine
from rowlock_cli.doctor.facts import SystemFacts
from rowlock_cli.doctor.gathering import gather_facts
from rowlock_cli.keys import create_keys
from rowlock_cli.looks.databases import DatabaseSight
from rowlock_cli.services import consumers_of, service_names
from support.mailbox import MailboxServer, running_mailbox

DEADLINE_S = 30
"""The machine that runs the tests is busy; what a short deadline is worth has a test of its own."""
DELIVERY_LIMIT = 10


@pytest.fixture(scope="session")
def mailbox() -> Iterator[MailboxServer]:
    with running_mailbox() as server:
        yield server


@pytest.fixture
async def queues(amqp_url: str) -> None:
    for service in service_names():
        await declare_queues(consumers_of(service), amqp_url=amqp_url, delivery_limit=DELIVERY_LIMIT)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    create_keys(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def operator(
    database_urls, amqp_url, mailbox, keys, queues, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """What the command is told beside a healthy system, set in the environment."""
    told = {
        **{f"{service.upper()}_DATABASE_URL": database_urls[service] for service in service_names()},
        "AMQP_URL": amqp_url,
        "ACCESS_TOKEN_JWKS": str(keys / "hold-token.jwks"),
        "HOLD_TOKEN_PRIVATE_KEY": str(keys / "hold-token.jwk"),
        "HOLD_TOKEN_JWKS": str(keys / "hold-token.jwks"),
        "WRAPPING_KEYS": str(keys / "wrapping-keys.json"),
        "LOOKUP_KEY": str(keys / "lookup.key"),
        "INTERNAL_API_KEY": str(keys / "internal-api.key"),
        "PAYMENT_PROVIDER": "none",
        "PUBLIC_URL": "http://127.0.0.1:8080",
        "SMTP_URL": mailbox.smtp_url,
        "MAIL_FROM": "Rowlock <tickets@rowlock.example>",
        "TRUSTED_PROXIES": "0",
        "GATEWAY_TRUSTED_PROXIES": "0",
        "STOP_GRACE_S": "20",
        "DATABASE_POOL_SIZE": "4",  # the servers of tests have fewer connections than a system's
    }
    for name in ("ROWLOCK_MODE", "DATABASE_URL", "FAILPOINTS", "FAILPOINTS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


@pytest.fixture
async def system(operator, settings_for, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StandIn]:
    """One replica of everything; each was told what the command is told."""
    processes: dict[str, StandInProcess] = {}
    given = {name.lower(): value for name, value in operator.items()}
    for service in service_names():
        settings = settings_for(
            service, **given | {"database_url": operator[f"{service.upper()}_DATABASE_URL"]}
        )
        for process_type in PROCESS_TYPES:
            process = StandInProcess(settings, process_type)
            processes[process.name] = process
    stand_in = StandIn(processes)
    async with stand_in.running():
        for name, value in stand_in.environment.items():
            monkeypatch.setenv(name, value)
        yield stand_in


async def look() -> SystemFacts:
    """What the doctor gathers; in a thread, for the stand-ins answer from this one."""
    return await asyncio.to_thread(gather_facts, deadline_s=DEADLINE_S)


def seen(facts: SystemFacts, service: str) -> DatabaseSight:
    """A database that was looked at."""
    sight = facts.databases[service]
    assert isinstance(sight, DatabaseSight)
    return sight


class Doctor:
    """`await doctor()` gives the findings by check."""

    async def __call__(self) -> dict[str, list[Finding]]:
        return examine(await look())

    async def settings_by_check(self) -> dict[str, list[str]]:
        """Which setting each check names."""
        return {name: [each.setting for each in found] for name, found in (await self()).items()}


@pytest.fixture
def doctor(system: StandIn) -> Doctor:
    return Doctor()


@pytest.fixture
def role_setting(admin_database_url: str) -> Iterator[object]:
    """`role_setting("orders", "lock_timeout", "0")` in this database alone, taken back in the end."""
    changed: list[tuple[str, str]] = []

    def alter(service: str, change: sql.Composable) -> None:
        with psycopg.connect(admin_database_url, autocommit=True) as connection:
            names = {"role": sql.Identifier(service), "database": sql.Identifier(connection.info.dbname)}
            connection.execute(sql.SQL("ALTER ROLE {role} IN DATABASE {database} ").format(**names) + change)

    def change(service: str, name: str, value: str) -> None:
        alter(service, sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        changed.append((service, name))

    yield change
    for service, name in changed:
        alter(service, sql.SQL("RESET {}").format(sql.Identifier(name)))
