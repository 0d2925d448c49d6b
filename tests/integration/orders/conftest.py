"""The orders service on real PostgreSQL, its API in process."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from integration.orders.books import AgreeingReservation, Books
from integration.orders.money import MoneyScene
from integration.orders.nothing_sold import nothing_sold
from integration.orders.scene import Scene
from integration.orders.till import Till, free_port, serving, with_sandbox
from typer.testing import CliRunner, Result

from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.internal_client import KEY_HEADER, read_internal_key
from chassis.sealing import Sealer
from chassis.signing import SigningKey, sign
from orders.app import create_app
from orders.commands import commands
from orders.domain.basket import Hold
from orders.domain.states import OrderState
from orders.settings import Settings
from orders.storage.personal_data import PersonalData
from support.money.provider import ModelProvider
from support.money.stage import open_money_stage
from support.money.story import MoneyStage
from support.payment_sandbox import PaymentSandboxServer, running_payment_sandbox
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


@pytest.fixture
def money(scene: Scene, settings: Settings) -> MoneyScene:
    return MoneyScene(scene, ModelProvider(), settings)


@pytest.fixture
def books(scene: Scene, admin_database_url: str) -> Books:
    """Orders' books; a provider knows the scene's recorded payments by the same names."""
    return Books(scene, admin_database_url, AgreeingReservation(scene), ModelProvider(name="recorded"))


@pytest.fixture
async def money_stage(
    settings_for: Callable[..., Any], mint_token: MintToken, admin_database_url: str
) -> AsyncIterator[MoneyStage]:
    """All services in one process, the model provider, and the test as their postman."""
    opened = open_money_stage(
        settings_for=settings_for,
        mint_token=mint_token,
        admin_database_url=admin_database_url,
        run=asyncio.run,
    )
    async with opened as stage:
        yield stage


@pytest.fixture
async def wrong_order(books: Books) -> str:
    """The id of an order whose total, and nothing else, differs from its lines."""
    placed = await books.scene.order_in(OrderState.EXPIRED, paid=True)
    books.plant("UPDATE orders SET total_minor = 1 WHERE order_id = %(id)s", id=placed.order_id)
    return str(placed.order_id)


@pytest.fixture
def reservation_url() -> Iterator[str]:
    """A reservation that has sold nothing."""
    with nothing_sold() as url:
        yield url


Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def rowlock(settings: Settings) -> Run:
    """Type a command of an operator: `await rowlock("refunds", "list")`."""

    async def run(*arguments: object) -> Result:
        environment = {"DATABASE_URL": settings.database_url}
        # In a thread: a command runs an event loop of its own.
        return await asyncio.to_thread(
            CliRunner().invoke, commands, [str(argument) for argument in arguments], env=environment
        )

    return run


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
_networks = count(1)


class Person:
    """Somebody who shows `headers`; every write gets a new Idempotency-Key unless one is given."""

    def __init__(self, client: httpx.AsyncClient, headers: Mapping[str, str]) -> None:
        self._client = client
        self._headers = dict(headers)

    async def get(self, path: str, **arguments: Any) -> httpx.Response:
        return await self._client.get(path, headers=self._headers, **arguments)

    async def post(self, path: str, json: Any = None, *, key: str = "", prefer: str = "") -> httpx.Response:
        headers = self._of_write(key) | ({"Prefer": prefer} if prefer else {})
        return await self._client.post(path, json=json, headers=headers)

    async def patch(self, path: str, json: Any, *, key: str = "") -> httpx.Response:
        return await self._client.patch(path, json=json, headers=self._of_write(key))

    async def delete(self, path: str, *, key: str = "") -> httpx.Response:
        return await self._client.delete(path, headers=self._of_write(key))

    def _of_write(self, key: str) -> dict[str, str]:
        return {**self._headers, "Idempotency-Key": key or str(uuid.uuid4())}


def problem(response: httpx.Response) -> tuple[int, str]:
    """Its status and the kind of problem it tells of."""
    return response.status_code, response.json()["type"].removeprefix("/problems/")


@pytest.fixture
def sign_in(anonymous: httpx.AsyncClient, mint_token: MintToken) -> Callable[..., Person]:
    """`sign_in("ada")`, `sign_in("otto", "operator")`, `sign_in("ada", email_fingerprint="...")`."""

    def signed_in(subject: str, *roles: str, **claims: Any) -> Person:
        token = mint_token(*(roles or ("buyer",)), subject=subject, **claims)
        return Person(anonymous, {"Authorization": f"Bearer {token}"})

    return signed_in


@pytest.fixture
def as_guest(anonymous: httpx.AsyncClient) -> Callable[..., Person]:
    """`as_guest()` shows nothing, `as_guest(order_access_token)` the right to an order."""

    def guest(token: str | None = None, *, address: str = "") -> Person:
        shown = {"Order-Access-Token": token} if token is not None else {}
        # Each guest from an address of their own unless told otherwise: limits count by address.
        from_address = address or f"2001:db8:{next(_networks):x}::1"
        return Person(anonymous, {**shown, "X-Forwarded-For": from_address})

    return guest


@pytest.fixture
async def internal(app: Any, settings: Settings) -> AsyncIterator[Callable[[str], Any]]:
    """Ask as another service of ours: `await internal("/internal/orders/…/mail")`."""
    headers = {KEY_HEADER: read_internal_key(settings.internal_api_key)}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://orders", headers=headers) as client:
        yield client.get


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


@pytest.fixture(scope="session")
def till_port() -> int:
    """Where the till's API is served: the sandbox sends its notices there."""
    return free_port()


@pytest.fixture(scope="session")
def payment_sandbox(till_port: int) -> Iterator[PaymentSandboxServer]:
    """A sandbox of its own process, which tells the till."""
    notice_url = f"http://127.0.0.1:{till_port}/api/v1/payment-notices/sandbox"
    with running_payment_sandbox(SANDBOX_NOTICE_URL=notice_url) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
async def till_app(
    settings: Settings, payment_sandbox: PaymentSandboxServer, till_port: int
) -> AsyncIterator[FastAPI]:
    app = create_app(with_sandbox(settings, payment_sandbox))
    async with serving(app, port=till_port):
        yield app
    await app.state.payment_provider.close()
    await app.state.db.close()


@pytest.fixture
async def till(scene: Scene, payment_sandbox: PaymentSandboxServer, till_app: FastAPI) -> AsyncIterator[Till]:
    """Where Ada pays; the sandbox does nothing wrong any more after the test."""
    yield Till(scene, payment_sandbox, till_app)
    await asyncio.to_thread(payment_sandbox.reset)


@pytest.fixture
async def silent_till(till: Till) -> Till:
    """A till whose sandbox sends no notices."""
    await till.deliver_notices("none")
    return till


@pytest.fixture
async def payer(till: Till, till_port: int, mint_token: MintToken) -> AsyncIterator[Callable[..., Person]]:
    """`payer("ada")`: somebody at the till."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{till_port}/api/v1", trust_env=False) as client:

        def somebody(subject: str = "ada", *roles: str) -> Person:
            token = mint_token(*(roles or ("buyer",)), subject=subject)
            return Person(client, {"Authorization": f"Bearer {token}"})

        yield somebody


@pytest.fixture
def ada_pays(payer: Callable[..., Person]) -> Person:
    """Ada at the till."""
    return payer("ada")
