"""Notifications on real PostgreSQL, with a mail server process of its own; the owners are played."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from integration.notifications.facts import cause_of, facts_of, path_of
from integration.notifications.owners import GONE, Owners, running_owners
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from chassis.clock import utc_now
from chassis.database import Database
from chassis.internal_client import read_internal_key
from notifications.domain.mails import Cause, MailKind
from notifications.jobs.sending import Sending
from notifications.settings import Settings
from notifications.storage.tables import mails
from notifications.usecases.request_mail import request_mail
from support.fixtures.settings import SettingsFor
from support.mailbox import MailboxServer, running_mailbox
from support.tokens import SigningKeys


@pytest.fixture(scope="session")
def mailbox_server() -> Iterator[MailboxServer]:
    with running_mailbox() as server:
        yield server


@pytest.fixture
def mailbox(mailbox_server: MailboxServer) -> MailboxServer:
    mailbox_server.reset()
    return mailbox_server


@pytest.fixture(scope="session")
async def owners_server(signing_keys: SigningKeys) -> AsyncIterator[Owners]:
    async with running_owners(key=read_internal_key(signing_keys.internal_api_key)) as owners:
        yield owners


@pytest.fixture
def owners(owners_server: Owners) -> Owners:
    owners_server.reset()
    return owners_server


@pytest.fixture
def settings(settings_for: SettingsFor, mailbox: MailboxServer, owners: Owners) -> Settings:
    """Impatient: a test does not wait for minutes."""
    return settings_for(
        "notifications",
        smtp_url=mailbox.smtp_url,
        mail_from="Rowlock <tickets@rowlock.example>",
        public_url="https://rowlock.example",
        accounts_url=owners.url,
        orders_url=owners.url,
        mail_job_every_s=0.05,
        mail_retry_s=0.02,
        mail_retry_s_max=0.05,
        database_pool_size=10,
    )


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    db = Database.of(settings, process="worker")
    yield db
    await db.close()


@dataclass(frozen=True)
class Post:
    """Records mails, sends them, and looks at what became of them."""

    db: Database
    settings: Settings
    owners: Owners

    async def request(self, cause: Cause) -> Cause:
        async with self.db.transaction() as tx:
            await request_mail(tx, cause=cause, now=utc_now())
        return cause

    async def wish(
        self, kind: MailKind, *, email: str | None = None, gone: bool = False, **given: Any
    ) -> Cause:
        """A mail of this kind, of which its owner tells the facts, or that it is gone."""
        cause = await self.request(cause_of(kind, **given))
        if gone:
            self.owners.tell(path_of(cause), None, status=GONE)
        else:
            self.owners.tell(path_of(cause), facts_of(cause, email=email) if email else facts_of(cause))
        return cause

    def sending(self, **changed: Any) -> Sending:
        """The job of one more worker."""
        settings = self.settings.model_copy(update=changed)
        return Sending.of(self.db, settings, clock=utc_now)

    async def send(self, **changed: Any) -> int:
        """Let a worker send what is due, once; gives how many were sent."""
        return await self.sending(**changed).run()

    async def rows(self) -> list[RowMapping]:
        async with self.db.snapshot() as conn:
            return list((await conn.execute(select(mails).order_by(mails.c.mail_id))).mappings())

    async def row(self) -> RowMapping:
        (row,) = await self.rows()
        return row

    async def states(self) -> list[tuple[str, str | None]]:
        return [(row["state"], row["reason"]) for row in await self.rows()]


@pytest.fixture
def post(db: Database, settings: Settings, owners: Owners) -> Post:
    return Post(db, settings, owners)


@pytest.fixture
def send_until(post: Post) -> Callable[..., Awaitable[None]]:
    """`await send_until("sent")`: send again and again until every mail is in that state."""
    from support.waiting import wait_until

    async def send(state: str, **changed: Any) -> None:
        async def all_there() -> bool:
            await post.send(**changed)
            return {row["state"] for row in await post.rows()} == {state}

        await wait_until(all_there, what=f"every mail is {state}")

    return send


@pytest.fixture
def open_transactions(admin_database_url: str) -> Callable[[], int]:
    """How many transactions of notifications are open right now, in this database: systems that other tests
    have started have theirs on the same server.
    """
    counted = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'notifications' AND state LIKE 'idle in%'
        """

    def count() -> int:
        with psycopg.connect(admin_database_url) as connection:
            row = connection.execute(counted).fetchone()
            return int(row[0]) if row else -1

    return count
