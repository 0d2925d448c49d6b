"""A till: orders' API over HTTP, a real payment sandbox beside it, and the job that looks after payments.

Only reservation is imagined: it says what `holds_end` says, and counts how often it was asked.
"""

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from integration.orders.scene import Scene, hold_of
from sqlalchemy import text

from chassis.clock import utc_now
from chassis.database import Database
from orders.clients.held_seats import HeldSeats
from orders.clients.payment_provider import Capture, PaymentProvider, ProviderPayment, ProviderPaymentState
from orders.domain.basket import Hold
from orders.jobs.payments import look_after_payments
from orders.settings import Settings
from orders.usecases.look_after_payments import LookRules
from orders.usecases.start_payment import PaymentTerms
from orders.usecases.take_in_payment import take_in_payment
from support.payment_sandbox import CARD, PaymentSandboxServer
from support.waiting import wait_until

DECLINED_CARD = "4000000000000002"
LATE_CARD = "4000000000000341"
TWICE_CARD = "4000000000000259"
SILENT_CARD = "4000000000000119"
OTHER_AMOUNT_CARD = "4000000000000077"
OTHER_CURRENCY_CARD = "4000000000000085"
RULES = LookRules(again_s=30, again_s_max=3600, payments_max=20)

TERMS = PaymentTerms(
    provider="sandbox",
    return_url="http://127.0.0.1:8080/",
    margin_s=30,
    page_s_min=60,
    look_again_s=30,
)

Json = dict[str, Any]


@dataclass
class ImaginedReservation:
    """What reservation says of holds: when they end (None: it knows them no more), unless it is away."""

    holds_end: datetime | None = None
    is_away: bool = False
    asked: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.is_away:
            raise httpx.ConnectError("away", request=request)
        hold_ids = json.loads(request.content)["hold_ids"]
        ends = self.holds_end.isoformat() if self.holds_end else None
        holds = [{"hold_id": hold_id, "expires_at": ends, "renewed": True} for hold_id in hold_ids if ends]
        return httpx.Response(200, json={"holds": holds})


@dataclass
class Till:
    """Where orders are paid; `base_url` is the API's."""

    scene: Scene
    sandbox: PaymentSandboxServer
    app: FastAPI
    reservation: ImaginedReservation = field(default_factory=ImaginedReservation)

    def __post_init__(self) -> None:
        transport = httpx.MockTransport(self.reservation)
        self.app.state.held_seats = HeldSeats(self.app.state.settings, transport=transport)

    @property
    def provider(self) -> PaymentProvider:
        return self.app.state.payment_provider

    @property
    def db(self) -> Database:
        return self.scene.db

    async def order(self, *, lives_s: float = 900) -> tuple[uuid.UUID, Hold]:
        """Ada's order of one adult's seat, 45.00 PLN, whose hold lives so long."""
        hold = hold_of(await self.scene.publish_event(), lives_s=lives_s)
        self.reservation.holds_end = hold.expires_at
        return await self.scene.place(hold, ticket_type="adult"), hold

    async def pay(self, payment: Json, card: str = CARD) -> None:
        """Send the payment page's form."""
        there = {"payment_id": payment["page_url"].rpartition("/")[2]}
        answer = await asyncio.to_thread(self.sandbox.pay, there, card)
        assert not answer.is_server_error, answer.text

    async def at_sandbox(self, order_id: uuid.UUID) -> list[Json]:
        """The order's payments as the sandbox has them, by when we began them."""
        ids = await self.scene.rows(
            "SELECT payment_id FROM orders.payments WHERE order_id = :order_id ORDER BY payment_id",
            order_id=order_id,
        )
        found = [
            await asyncio.to_thread(
                self.sandbox.ask, "GET", "/v1/payments", params={"merchant_reference": str(payment_id)}
            )
            for (payment_id,) in ids
        ]
        return [payment for answer in found for payment in answer.json()["items"]]

    async def deliver_notices(self, mode: str) -> None:
        """How the sandbox delivers notices from now on."""
        await asyncio.to_thread(self.sandbox.deliver_notices, mode)

    async def fail(self, **outage: int) -> None:
        """Have the sandbox do these things wrong from now on, and nothing else."""
        await asyncio.to_thread(self.sandbox.fail, **outage)

    async def paid(self, order_id: uuid.UUID, **expected: Any) -> Json:
        """The only payment of the order, as soon as it is as expected."""
        return await self.payment(order_id, 0, **expected)

    async def payment(self, order_id: uuid.UUID, index: int, **expected: Any) -> Json:
        """A payment of the order, as soon as it is as expected."""

        async def found() -> Json | None:
            payments = (await self.scene.order(order_id))["payments"]
            fits = len(payments) > index and expected.items() <= payments[index].items()
            return payments[index] if fits else None

        return await wait_until(found, what=f"a payment with {expected}")

    async def tell(self, order_id: uuid.UUID, *captures: Capture, index: int = 0) -> None:
        """Take in that a payment of the order is captured, as its notice or an answer would tell."""
        ((payment_id, reference, page_url),) = await self.scene.rows(
            "SELECT payment_id, reference, page_url FROM orders.payments WHERE order_id = :order_id "
            "ORDER BY payment_id LIMIT 1 OFFSET :index",
            order_id=order_id,
            index=index,
        )
        told = ProviderPayment(
            reference=reference,
            payment_id=payment_id,
            state=ProviderPaymentState.CAPTURED,
            page_url=page_url,
            captures=captures,
        )
        await self.db.run(lambda tx: take_in_payment(tx, payment=told, provider="sandbox", now=utc_now()))

    async def look_after_payments(self, rules: LookRules = RULES) -> int:
        """One round of the job."""
        return await look_after_payments(self.db, provider=self.provider, rules=rules)

    async def time_passes(self, order_id: uuid.UUID, seconds: float) -> None:
        """As if everything of the order's payments had happened so much earlier."""
        async with self.db.transaction() as tx:
            await tx.execute(
                text(
                    "UPDATE orders.payments SET look_at = look_at - make_interval(secs => :s), "
                    "expires_at = expires_at - make_interval(secs => :s), "
                    "created_at = created_at - make_interval(secs => :s) WHERE order_id = :order_id"
                ),
                {"s": seconds, "order_id": order_id},
            )

    async def discrepancies(self, order_id: uuid.UUID) -> list[str | None]:
        found = "SELECT discrepancy FROM orders.payments WHERE order_id = :order_id ORDER BY payment_id"
        return [row[0] for row in await self.scene.rows(found, order_id=order_id)]

    async def return_urls(self, order_id: uuid.UUID) -> list[str | None]:
        """Where the pages of the order's payments lead back to, as far as we know."""
        found = "SELECT return_url FROM orders.payments WHERE order_id = :order_id ORDER BY payment_id"
        return [row[0] for row in await self.scene.rows(found, order_id=order_id)]

    async def ledger(self, order_id: uuid.UUID) -> list[tuple[str, int, str]]:
        """Kind, amount and currency of the order's entries."""
        found = (
            "SELECT kind, amount_minor, currency FROM orders.ledger_entries "
            "WHERE order_id = :order_id ORDER BY entry_id"
        )
        return await self.scene.rows(found, order_id=order_id)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@asynccontextmanager
async def serving(app: FastAPI, *, port: int) -> AsyncIterator[None]:
    """Serve the app over HTTP until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started or task.done(), what="orders is served")
    try:
        yield
    finally:
        server.should_exit = True
        await task


def with_sandbox(settings: Settings, sandbox: PaymentSandboxServer, **changes: Any) -> Settings:
    """Orders' settings with the sandbox as payment provider."""
    secrets = {name.lower(): path for name, path in sandbox.secret_files().items()}
    given = {"payment_provider": "sandbox", "sandbox_url": sandbox.url, **secrets, **changes}
    return settings.model_copy(update=given)
