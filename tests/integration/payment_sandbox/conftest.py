"""A sandbox as it really runs, and a merchant that gets its notices."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from standardwebhooks import Webhook

from support.payment_sandbox import NOTICE_SECRET, running_payment_sandbox
from support.told_backend import Backend, response
from support.waiting import wait_until


@dataclass
class Merchant:
    """Receives notices; answers as told."""

    backend: Backend

    def told(self, about: str) -> list[dict[str, Any]]:
        """The notices about a payment or refund, verified, in the order they came."""
        bodies = [
            Webhook(NOTICE_SECRET).verify(request.body, request.headers) for request in self.backend.received
        ]
        return [
            body
            for body in bodies
            if about in (body["data"].get("payment_id"), body["data"].get("refund_id"))
        ]

    async def wait_for(self, about: str, *kinds: str) -> list[dict[str, Any]]:
        """The notices about it, once there are as many as `kinds`; they must be those."""

        async def look():
            found = self.told(about)
            return found if len(found) >= len(kinds) else None

        found: list[dict[str, Any]] = await wait_until(look, what=f"{kinds} about {about}")
        assert list(kinds) == [notice["type"] for notice in found]
        return found

    def answer(self, status: bytes) -> None:
        """Every notice from now on."""
        self.backend.answer = response(status, b"")


@pytest.fixture(scope="session")
async def _backend():
    backend = Backend("merchant")
    await backend.start()
    yield backend
    await backend.stop()


@pytest.fixture
def merchant(_backend):
    _backend.reset()
    merchant = Merchant(_backend)
    merchant.answer(b"204 No Content")
    return merchant


@pytest.fixture(scope="session")
def _running(_backend):
    with running_payment_sandbox(SANDBOX_NOTICE_URL=f"{_backend.url}/notices") as server:
        yield server


@pytest.fixture
def sandbox(_running):
    _running.reset()
    return _running


@pytest.fixture
def in_thread():
    """Ask the sandbox from a thread: the merchant answers in the loop of the tests."""
    return asyncio.to_thread
