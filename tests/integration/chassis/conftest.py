"""A service of parcels: the least that uses the whole chassis. No word of the real domain."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import httpx
import pytest
from pydantic import BaseModel
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, create_engine, text
from sqlalchemy.engine import make_url

from chassis.database import Database
from chassis.http import create_http_app
from chassis.inbox import Inbox
from chassis.messaging.broker import Broker
from chassis.outbox import Outbox
from chassis.provisioning import provision
from chassis.settings import ServiceSettings
from chassis.tables import (
    data_keys_table,
    idempotency_table,
    inbox_table,
    outbox_table,
    rate_limits_table,
    sealed_check,
)
from support.tcp_proxy import TcpProxy, tcp_proxy

METADATA = MetaData(schema="parcels")
PARCELS = Table(
    "parcels", METADATA, Column("name", Text, primary_key=True), Column("weight", Integer, nullable=False)
)
# What is written on a parcel, sealed; null when it was shredded.
NOTES = Table(
    "notes",
    METADATA,
    Column("parcel", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sealed", LargeBinary),
    sealed_check("notes", "sealed"),
)
OUTBOX = Outbox(outbox_table(METADATA))
INBOX = Inbox(inbox_table(METADATA))
idempotency_table(METADATA)
data_keys_table(METADATA)
RATE_LIMITS = rate_limits_table(METADATA)


class ParcelsSettings(ServiceSettings):
    @property
    def service_name(self) -> str:
        return "parcels"


@pytest.fixture(scope="session")
def parcels_url(admin_database_url: str) -> str:
    database = make_url(admin_database_url).database
    assert database is not None
    url = provision(admin_database_url, "parcels", "test", database)
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    METADATA.create_all(engine)
    engine.dispose()
    return url


@pytest.fixture
async def db(parcels_url: str, admin_database_url: str) -> AsyncIterator[Database]:
    database = Database(parcels_url, pool_size=10, application_name="parcels-test")
    yield database
    await database.close()


@pytest.fixture
async def own_data_keys(db: Database) -> AsyncIterator[None]:
    """No data key is there when the test starts, and none is left: keys are kept from test to test, but
    those of a test with wrapping keys of its own are of no use to the next.
    """
    await _forget_data_keys(db)
    yield
    await _forget_data_keys(db)


async def _forget_data_keys(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.execute(text("DELETE FROM data_keys"))


@pytest.fixture
def parcels() -> Table:
    return PARCELS


@pytest.fixture
def notes() -> Table:
    return NOTES


@pytest.fixture
def rate_limits() -> Table:
    return RATE_LIMITS


@pytest.fixture
def outbox() -> Outbox:
    return OUTBOX


@pytest.fixture
def inbox() -> Inbox:
    return INBOX


@pytest.fixture
def settings_of(
    parcels_url: str, signing_keys: Any, request: pytest.FixtureRequest
) -> Callable[..., ParcelsSettings]:
    def make(**values: Any) -> ParcelsSettings:
        defaults: dict[str, Any] = {
            "database_url": parcels_url,
            "amqp_url": "amqp://nobody@127.0.0.1:1/none",
            "access_log": False,
            **signing_keys.as_settings(),
        }
        return ParcelsSettings(**(defaults | values))

    return make


@pytest.fixture
def serve(settings_of: Callable[..., ParcelsSettings]) -> Callable[..., httpx.AsyncClient]:
    """Call it with routers for a client of an app that has them; `settings` are overridden by name."""

    def start(*routers: Any, problem_table: Any = None, **settings: Any) -> httpx.AsyncClient:
        app = create_http_app(
            title="Parcels",
            description="Parcels",
            version="1",
            settings=settings_of(**settings),
            routers=routers,
            problem_table=problem_table or {},
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://parcels")

    return start


@pytest.fixture
def purged_queues() -> None:
    """Each test here makes its own queues and removes them: the services' need not be there."""


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[Broker]:
    broker = Broker(amqp_url)
    yield broker
    await broker.close()


@pytest.fixture
async def amqp_proxy(amqp_url: str) -> AsyncIterator[TcpProxy]:
    url = make_url(amqp_url)
    async with tcp_proxy(url.host or "127.0.0.1", url.port or 5672) as proxy:
        yield proxy


@pytest.fixture
def proxied_amqp_url(amqp_url: str, amqp_proxy: TcpProxy) -> str:
    return (
        make_url(amqp_url).set(host="127.0.0.1", port=amqp_proxy.port).render_as_string(hide_password=False)
    )


@pytest.fixture
async def database_proxy(parcels_url: str) -> AsyncIterator[TcpProxy]:
    url = make_url(parcels_url)
    async with tcp_proxy(url.host or "127.0.0.1", url.port or 5432) as proxy:
        yield proxy


@pytest.fixture
def proxied_database_url(parcels_url: str, database_proxy: TcpProxy) -> str:
    url = make_url(parcels_url).set(host="127.0.0.1", port=database_proxy.port)
    return url.render_as_string(hide_password=False)


class ParcelMessage(BaseModel):
    message_type: ClassVar[str] = ""
    parcel_id: uuid.UUID
    weight: int

    @property
    def aggregate_id(self) -> uuid.UUID:
        return self.parcel_id

    @property
    def aggregate_version(self) -> int:
        return 7


@pytest.fixture
def message_class() -> type[ParcelMessage]:
    """A message class whose type no other test uses, so no queue of another test takes it."""
    return type("ParcelSent", (ParcelMessage,), {"message_type": f"parcels.sent_{uuid.uuid4().hex[:12]}.v1"})


@pytest.fixture
async def consumer_name(amqp_url: str) -> AsyncIterator[str]:
    """A consumer of this test's own; its queues are gone afterwards."""
    name = f"parcels_{uuid.uuid4().hex[:12]}"
    yield name
    import aio_pika

    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        for queue in (name, f"{name}.dead"):
            await channel.queue_delete(queue)
