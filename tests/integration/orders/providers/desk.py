"""Orders' API in process, paid at a provider over HTTP; its notices are carried by hand."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from integration.orders.conftest import Person
from integration.orders.providers.worlds import World
from integration.orders.scene import Scene, hold_of
from integration.orders.till import ImaginedReservation

from chassis.database import Database
from orders.app import create_app
from orders.clients.held_seats import HeldSeats
from orders.settings import Settings

LEDGER = """
SELECT kind, amount_minor, currency FROM orders.ledger_entries WHERE order_id = :order_id ORDER BY entry_id
"""
REFUNDS = """
SELECT cause, reason, amount_minor, currency, state FROM orders.refunds WHERE order_id = :order_id
"""


@dataclass
class Desk:
    """Ada's orders of one adult's seat, 45.00 PLN; `world` is the provider."""

    scene: Scene
    world: World
    app: FastAPI
    ada: Person
    client: httpx.AsyncClient
    reservation: ImaginedReservation

    @property
    def provider(self) -> str:
        return self.world.provider.name

    @property
    def db(self) -> Database:
        return self.scene.db

    async def order(self) -> uuid.UUID:
        hold = hold_of(await self.scene.publish_event())
        self.reservation.holds_end = hold.expires_at
        return await self.scene.place(hold, ticket_type="adult")

    async def begin(self, order_id: uuid.UUID) -> dict[str, Any]:
        """A payment of the order, its page open."""
        answer = await self.ada.post(f"/orders/{order_id}/payments")
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def begun(self) -> tuple[uuid.UUID, str]:
        """A new order and the provider's name of its payment."""
        order_id = await self.order()
        payment = await self.begin(order_id)
        return order_id, await self.reference(payment["payment_id"])

    async def paid(self) -> tuple[uuid.UUID, str]:
        """The same, paid at the provider; we have not heard of it yet."""
        order_id, reference = await self.begun()
        await self.world.pay(reference)
        return order_id, reference

    async def send(self, headers: dict[str, str], body: bytes, *, to: str = "") -> httpx.Response:
        """A notice as it would come in."""
        return await self.client.post(
            f"/payment-notices/{to or self.provider}", headers=headers, content=body
        )

    async def reference(self, payment_id: str) -> str:
        wanted = "SELECT reference FROM orders.payments WHERE payment_id = :payment_id"
        return await self.scene.scalar(wanted, payment_id=payment_id)

    async def state(self, order_id: uuid.UUID) -> str:
        return (await self.scene.order(order_id))["state"]

    async def payments(self, order_id: uuid.UUID) -> list[str]:
        """The states of the order's payments."""
        return [payment["state"] for payment in (await self.scene.order(order_id))["payments"]]

    async def ledger(self, order_id: uuid.UUID) -> list[tuple[str, int, str]]:
        return await self.scene.rows(LEDGER, order_id=order_id)

    async def refunds(self, order_id: uuid.UUID) -> list[tuple[str, str, int, str, str]]:
        return await self.scene.rows(REFUNDS, order_id=order_id)

    async def notices(self) -> list[tuple[str, str]]:
        """Kind and verdict of all that were written down."""
        return await self.scene.rows("SELECT kind, verdict FROM orders.payment_notices ORDER BY received_at")


@asynccontextmanager
async def opened_desk(
    scene: Scene, world: World, settings: Settings, *, headers: dict[str, str], secrets: Path
) -> AsyncIterator[Desk]:
    """`headers` are Ada's, `secrets` the folder for the provider's."""
    app = create_app(settings.model_copy(update=world.settings(secrets)))
    reservation = ImaginedReservation()
    app.state.held_seats = HeldSeats(settings, transport=httpx.MockTransport(reservation))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://orders/api/v1") as client:
        yield Desk(scene, world, app, Person(client, headers), client, reservation)
    await app.state.payment_provider.close()
    await app.state.db.close()
