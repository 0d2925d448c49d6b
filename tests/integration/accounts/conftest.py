"""The accounts service on real PostgreSQL, its API in process, and the mail that would have been sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from integration.accounts.people import PASSWORD, Mailbox, Person, new_email
from integration.accounts.staff import Staff, make
from typer.testing import CliRunner, Result

from accounts.app import create_app
from accounts.commands import commands
from accounts.settings import Settings
from chassis.access import AccessTokens
from chassis.database import Database
from support.fixtures.settings import SettingsFor

# Weak on purpose: these tests are not about how long a hash takes.
QUICK = {"argon2_memory_kib": 8_192, "argon2_passes": 1, "password_busy_share_max": 1.0}
NO_LIMITS = {
    name: "1000000/1s"
    for name in Settings.model_fields
    if name.endswith(("_per_address", "_per_email", "_per_account", "_per_organization"))
}


class Desk:
    """One api process, and what stands around it."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, keys_file: Path) -> None:
        self.app = app
        self.http = http
        self.db: Database = app.state.db
        self.settings: Settings = app.state.settings
        self.mailbox = Mailbox(http, self.db, Path(self.settings.internal_api_key).read_text().strip())
        self._keys_file = keys_file

    async def publish_keys(self) -> dict[str, Any]:
        """Let the service verify with the keys it publishes at this moment; gives them."""
        keys = (await self.http.get("/.well-known/jwks.json")).json()
        self._keys_file.write_text(json.dumps(keys))
        self.app.state.access_tokens = AccessTokens(self.settings)
        return keys

    def person(self, email: str = "", **changes: Any) -> Person:
        return Person(self.http, self.mailbox, email or new_email(), **changes)

    async def verified(self, email: str = "", **changes: Any) -> Person:
        """Somebody who registered and followed the link."""
        person = self.person(email, **changes)
        await person.register()
        response = await person.confirm(await self.mailbox.last_link(person.email))
        assert response.status_code == 200, response.text
        return person


OpenDesk = Callable[..., Any]
Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def open_desk(settings_for: SettingsFor, tmp_path: Path) -> OpenDesk:
    """`async with open_desk(access_token_s=60) as desk`: a process with these settings."""

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Desk]:
        keys_file = tmp_path / "jwks.json"
        given = QUICK | NO_LIMITS | {"access_token_jwks": str(keys_file), "database_pool_size": 25} | settings
        app = create_app(settings_for("accounts", **given))
        transport = httpx.ASGITransport(app=app, client=("203.0.113.7", 1234))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://accounts") as http,
        ):
            desk = Desk(app, http, keys_file)
            await desk.publish_keys()
            yield desk

    return opened


@pytest.fixture
async def desk(open_desk: OpenDesk) -> AsyncIterator[Desk]:
    async with open_desk() as opened:
        yield opened


@pytest.fixture
async def ada(desk: Desk) -> Person:
    """Registered, verified and logged in."""
    return await (await desk.verified()).login()


@pytest.fixture
def staff(desk: Desk) -> Staff:
    return Staff(desk)


@pytest.fixture
async def operator(staff: Staff) -> Person:
    return await staff.operator()


@pytest.fixture
async def globe(operator: Person) -> str:
    """The id of an organization without members."""
    return await make(operator)


@pytest.fixture
def rowlock(desk: Desk) -> Run:
    """Call it with the arguments of a `rowlock` command."""

    async def run(*arguments: object) -> Result:
        given = ("database_url", "amqp_url", "wrapping_keys", "lookup_key")
        environment = {name.upper(): getattr(desk.settings, name) for name in given}
        environment["ROWLOCK_ACCOUNT_PASSWORD"] = PASSWORD
        # In a thread: a command runs an event loop of its own.
        return await asyncio.to_thread(
            CliRunner().invoke, commands, [str(argument) for argument in arguments], env=environment
        )

    return run
