"""A sandbox in this process, whose clock the test moves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from rowlock_payment_sandbox.app import create_app
from rowlock_payment_sandbox.clockwork import move_on
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.settings import SandboxSettings
from rowlock_payment_sandbox.storage.database import open_database
from support.payment_sandbox import API_KEY, NOTICE_SECRET, Json, payment_body

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATE_S, SETTLES_S = 900, 300


@dataclass
class Provider:
    """The sandbox and a client that knows its key; `now` is its time."""

    http: httpx.AsyncClient
    now: datetime = NOW
    sandbox: Sandbox | None = None

    def pass_s(self, seconds: float) -> None:
        """Let so much time go by, and what it brings happen."""
        assert self.sandbox
        self.now += timedelta(seconds=seconds)
        move_on(self.sandbox, now=self.now)

    async def post(self, path: str, body: Json, *, key: str = "") -> httpx.Response:
        self.keys += 1
        return await self.http.post(path, json=body, headers={"Idempotency-Key": key or f"key-{self.keys}"})

    async def open(self, **wanted: Any) -> Json:
        body = payment_body(expires_at=(self.now + timedelta(minutes=10)).isoformat(), **wanted)
        answer = await self.post("/v1/payments", body)
        assert 201 == answer.status_code, answer.text
        return answer.json()

    async def read(self, payment: Json) -> Json:
        return (await self.http.get(f"/v1/payments/{payment['payment_id']}")).json()

    async def pay(self, payment: Json, card: str) -> httpx.Response:
        return await self.http.post(f"/pay/{payment['payment_id']}", data={"card": card})

    async def paid(self, card: str, **wanted: Any) -> Json:
        """A payment paid with this card."""
        payment = await self.open(**wanted)
        await self.pay(payment, card)
        return await self.read(payment)

    async def refund(self, capture: Json, amount_minor: int) -> httpx.Response:
        body = {"capture_id": capture["capture_id"], "amount_minor": amount_minor, "merchant_reference": "r"}
        return await self.post("/v1/refunds", body)

    async def told(self, about: str) -> list[str]:
        """The kinds of the notices about a payment or refund, the oldest first."""
        items = (await self.http.get("/control/notices", params={"about": about})).json()["items"]
        return [item["kind"] for item in reversed(items)]

    keys: int = 0


@pytest.fixture
async def provider(tmp_path):
    settings = SandboxSettings(
        sandbox_database=tmp_path / "sandbox.sqlite3",
        sandbox_api_key=tmp_path / "api-key",
        sandbox_notice_secret=tmp_path / "notice-secret",
        sandbox_notice_url="http://127.0.0.1:9/nobody",
        sandbox_capture_late_s=LATE_S,
        sandbox_refund_settles_s=SETTLES_S,
    )
    db = open_database(settings.sandbox_database)
    sandbox = Sandbox(settings, db, lambda: provider.now, API_KEY, NOTICE_SECRET)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(sandbox)),
        base_url="http://127.0.0.1:8090",
        headers={"Authorization": f"Bearer {API_KEY}"},
    ) as http:
        provider = Provider(http, sandbox=sandbox)
        yield provider
    db.close()
