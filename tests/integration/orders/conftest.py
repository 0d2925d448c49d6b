"""The orders service on real PostgreSQL, its API in process."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from integration.orders.scene import Scene

from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.sealing import Sealer
from chassis.signing import SigningKey, sign
from orders.app import create_app
from orders.domain.basket import Hold
from orders.settings import Settings
from orders.storage.personal_data import PersonalData
from support.tokens import MintToken, SigningKeys


@pytest.fixture(scope="session")
def settings(database_urls: dict[str, str], signing_keys: SigningKeys) -> Settings:
    return Settings(
        database_url=database_urls["orders"],
        amqp_url="amqp://nobody@127.0.0.1:1/none",
        access_token_jwks=str(signing_keys.access_token_jwks),
        hold_token_jwks=str(signing_keys.hold_token_jwks),
        wrapping_keys=str(signing_keys.wrapping_keys),
        lookup_key=str(signing_keys.lookup_key),
        internal_api_key=str(signing_keys.internal_api_key),
        database_pool_size=20,
    )


@pytest.fixture(scope="session")
async def db(settings: Settings) -> AsyncIterator[Database]:
    db = Database(settings.database_url, pool_size=20)
    yield db
    await db.close()


@pytest.fixture(scope="session")
def personal(settings: Settings, db: Database) -> PersonalData:
    return PersonalData(Sealer.of(settings, db), Fingerprints.of_settings(settings))


@pytest.fixture
def scene(db: Database, personal: PersonalData) -> Scene:
    return Scene(db, personal)


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[Any]:
    app = create_app(settings)
    yield app
    await app.state.db.close()


@pytest.fixture
async def anonymous(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://orders/api/v1") as client:
        yield client


Client = Callable[..., "Person"]


class Person:
    """A signed-in person; every write gets a new Idempotency-Key unless one is given."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._authorization = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **arguments: Any) -> httpx.Response:
        return await self._client.get(path, headers=self._authorization, **arguments)

    async def post(self, path: str, json: Any = None, *, key: str = "", prefer: str = "") -> httpx.Response:
        headers = {**self._authorization, "Idempotency-Key": key or str(uuid.uuid4())}
        if prefer:
            headers["Prefer"] = prefer
        return await self._client.post(path, json=json, headers=headers)


@pytest.fixture
def sign_in(anonymous: httpx.AsyncClient, mint_token: MintToken) -> Callable[..., Person]:
    """`sign_in("ada")`, `sign_in("otto", "operator")`."""

    def signed_in(subject: str, *roles: str) -> Person:
        return Person(anonymous, mint_token(*(roles or ("buyer",)), subject=subject))

    return signed_in


@pytest.fixture
def ada(sign_in: Callable[..., Person]) -> Person:
    return sign_in("ada")


@pytest.fixture
def hold_token(signing_keys: SigningKeys) -> Callable[..., str]:
    """Sign a hold as reservation does; `claims` replace those of the token."""
    key = SigningKey.load(signing_keys.hold_token_private)

    def signed(hold: Hold, *, typ: str = "hold+jwt", **claims: Any) -> str:
        stated = {
            "iss": "rowlock-reservation",
            "aud": "rowlock-orders",
            "sub": "ada",
            "jti": str(uuid.uuid4()),
            "hold_id": str(hold.hold_id),
            "event_id": str(hold.event_id),
            "exp": int(hold.expires_at.timestamp()),
            "seats": [[seat.seat_id, seat.price_category] for seat in hold.seats],
        }
        return sign(stated | claims, key, typ)

    return signed
