"""The reservation service on real PostgreSQL, its API in process."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from integration.reservation.scene import LIMITS, ORGANIZATION, Scene

from chassis.database import Database
from reservation.app import create_app
from reservation.settings import Settings
from support.tokens import MintToken, Organizations, SigningKeys


@pytest.fixture(scope="session")
def settings(database_urls: dict[str, str], signing_keys: SigningKeys) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database_urls["reservation"],
            "amqp_url": "amqp://nobody@127.0.0.1:1/none",
            "active_holds_per_buyer_max": LIMITS.active_holds_per_buyer_max,
            "active_holds_per_guest_address_max": LIMITS.active_holds_per_guest_address_max,
            "hold_renewals_max": LIMITS.hold_renewals_max,
            "hold_total_s_max": LIMITS.hold_total_s_max,
            "availability_view_ms": 1,
            "database_pool_size": 20,
            **signing_keys.as_settings(),
        }
    )


@pytest.fixture(scope="session")
async def db(settings: Settings) -> AsyncIterator[Database]:
    db = Database(settings.database_url, pool_size=20)
    yield db
    await db.close()


@pytest.fixture
def scene(db: Database) -> Scene:
    return Scene(db)


@pytest.fixture
async def replicas(settings: Settings) -> AsyncIterator[list[Scene]]:
    """Four processes as far as the database can tell: own connections, own views, own batches."""
    databases = [Database(settings.database_url, pool_size=5) for _ in range(4)]
    yield [Scene(db) for db in databases]
    for db in databases:
        await db.close()


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Any]:
    app = create_app(settings)
    yield app
    await app.state.db.close()


class Person:
    """A caller; every write gets a new Idempotency-Key unless one is given."""

    def __init__(self, client: httpx.AsyncClient, token: str | None) -> None:
        self._client = client
        self._token = token

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        if method != "GET":
            sent["Idempotency-Key"] = key or str(uuid.uuid4())
        return await self._client.request(method, path, json=body, headers=sent)


@pytest.fixture
async def http(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reservation/api/v1") as client:
        yield client


@pytest.fixture
def buyer(http: httpx.AsyncClient, mint_token: MintToken) -> Person:
    return Person(http, mint_token("buyer", subject="berta"))


@pytest.fixture
def stranger(http: httpx.AsyncClient, mint_token: MintToken) -> Person:
    return Person(http, mint_token("buyer", subject="sven"))


@pytest.fixture
def organizer(http: httpx.AsyncClient, mint_token: MintToken) -> Person:
    organizations: Organizations = {ORGANIZATION: ["organizer"]}
    return Person(http, mint_token("organizer", subject="olga", organizations=organizations))


@pytest.fixture
def other_organizer(http: httpx.AsyncClient, mint_token: MintToken) -> Person:
    """Organizer of another organization; in the first one they only let people in."""
    organizations: Organizations = {uuid.uuid4(): ["organizer"], ORGANIZATION: ["entrance_staff"]}
    return Person(
        http, mint_token("organizer", "entrance_staff", subject="otto", organizations=organizations)
    )


@pytest.fixture
def anonymous(http: httpx.AsyncClient) -> Person:
    return Person(http, None)
