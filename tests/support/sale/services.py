"""All three services in one process, on real PostgreSQL, with the test as clock and postman."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text

import catalog.app
import catalog.worker
import orders.app
import orders.worker
import reservation.app
import reservation.worker
from chassis.clock import utc_now
from chassis.database import Database
from chassis.worker import Worker
from reservation.clients.catalog import CatalogClient
from reservation.consumers import consumers as reservation_consumers
from support.sale.post import Post
from support.tokens import MintToken

APPS = {"catalog": catalog.app, "orders": orders.app, "reservation": reservation.app}
WORKERS = {"catalog": catalog.worker, "orders": orders.worker, "reservation": reservation.worker}


@dataclass
class Sale:
    """Services that answer requests, jobs that run when told, letters that wait to be delivered."""

    apps: dict[str, FastAPI]
    clients: dict[str, httpx.AsyncClient]
    databases: dict[str, Database]
    workers: dict[str, Worker]
    post: Post
    mint_token: MintToken

    async def ask(
        self,
        service: str,
        method: str,
        path: str,
        *,
        who: str,
        roles: tuple[str, ...] = ("buyer",),
        key: str = "",
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Send one request as `who` (nobody if empty); an organizer is the one of all events. The
        idempotency key is a new one unless it is given.
        """
        organizations = {ORGANIZATION_ID: ["organizer"]} if "organizer" in roles else {}
        shown = {"Idempotency-Key": key or str(uuid.uuid4()), **(headers or {})}
        if who:
            token = self.mint_token(*roles, subject=who, organizations=organizations)
            shown["Authorization"] = f"Bearer {token}"
        return await self.clients[service].request(method, f"/api/v1{path}", headers=shown, **request)

    async def run_job(self, service: str, name: str) -> None:
        """Run a job of a worker once, now."""
        job = next(job for job in self.workers[service].jobs if job.name == name)
        await job.run()

    async def execute(self, service: str, sql: str, **parameters: Any) -> None:
        """Change a service's data behind its back; how the test moves the clock."""
        async with self.databases[service].transaction() as tx:
            await tx.execute(text(sql), parameters)

    async def rows(self, service: str, sql: str, **parameters: Any) -> list[Any]:
        async with self.databases[service].transaction() as tx:
            return list((await tx.execute(text(sql), parameters)).all())

    async def lapse(self, hold_id: str) -> None:
        """Let a hold's time run out now: everything about its time happened an hour ago."""
        past = "clock_timestamp() - interval '1 hour'"
        await self.execute(
            "reservation",
            f"UPDATE reservation.holds SET placed_at = {past} - interval '1 hour', first_expires_at = {past},"
            f" expires_at = {past} WHERE hold_id = :hold_id",
            hold_id=hold_id,
        )
        await self.execute(
            "reservation",
            f"UPDATE reservation.seats SET expires_at = {past} WHERE hold_id = :hold_id AND state = 'held'",
            hold_id=hold_id,
        )

    async def make_commands_overdue(self) -> None:
        """Let orders think that it asked reservation an hour ago."""
        await self.execute(
            "orders", "UPDATE orders.orders SET command_sent_at = command_sent_at - interval '1 hour'"
        )

    async def publish_event(self, *, plan: dict[str, Any], **more_terms: Any) -> str:
        """Put an event on sale everywhere; returns its id. Adults pay 45.00, students nothing."""
        venue = await self._organize("POST", "/venues", json=VENUE)
        drawn = await self._organize("POST", "/seating-plans", json=plan)
        terms = event_terms(venue_id=venue["venue_id"], seating_plan_id=drawn["seating_plan_id"]) | more_terms
        event = await self._organize("POST", "/events", json=terms)
        await self._organize("POST", f"/events/{event['event_id']}/publication")
        for letter in await self.post.collect():
            await self.post.deliver(letter)
        return event["event_id"]

    async def _organize(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = await self.ask("catalog", method, path, who="olga", roles=("organizer",), **request)
        assert answer.is_success, answer.text
        return answer.json()


ORGANIZATION_ID = "0193e5a0-7c1a-7b5e-9d5f-0d6c7f3f1b01"
"""The one organization that the organizer of the story acts for."""
VENUE = {"name": "Chamber", "city": "Kraków", "country": "PL", "time_zone": "Europe/Warsaw"}


def event_terms(*, venue_id: str, seating_plan_id: str) -> dict[str, Any]:
    """An event on sale since yesterday that takes place in a month."""
    starts_at = utc_now() + timedelta(days=30)
    return {
        "title": "The Winter Trio",
        "description": "",
        "venue_id": venue_id,
        "seating_plan_id": seating_plan_id,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        "sales_start_at": (utc_now() - timedelta(days=1)).isoformat(),
        "sales_end_at": starts_at.isoformat(),
        "currency": "PLN",
        "price_categories": [
            {
                "name": "Stalls",
                "ticket_types": [
                    {"name": "adult", "price_minor": 4500},
                    {"name": "student", "price_minor": 0},
                ],
            }
        ],
        "seats_per_order_max": 10,
        "pesel_required": False,
        "cancellation_deadline_at": None,
    }


@asynccontextmanager
async def open_sale(*, settings_for: Callable[..., Any], mint_token: MintToken) -> AsyncIterator[Sale]:
    """Build everything inside the running event loop, and take it down again."""
    async with AsyncExitStack() as stack:
        settings = {service: settings_for(service) for service in APPS}
        apps = {service: module.create_app(settings[service]) for service, module in APPS.items()}
        clients = {service: await stack.enter_async_context(_client(app)) for service, app in apps.items()}
        workers = {service: module.create_worker(settings[service]) for service, module in WORKERS.items()}
        databases = {service: worker.db for service, worker in workers.items()}
        for db in databases.values():
            stack.push_async_callback(db.close)
        consumers = {service: worker.consumers for service, worker in workers.items()}
        # Reservation asks catalog for the plan: here through the app itself, without a socket.
        plans = CatalogClient(
            "http://catalog",
            internal_api_key=settings["reservation"].internal_api_key,
            wait_s_max=10,
            transport=httpx.ASGITransport(apps["catalog"]),
        )
        consumers["reservation"] = reservation_consumers(db=databases["reservation"], catalog=plans)
        yield Sale(apps, clients, databases, workers, Post(databases, consumers), mint_token)


@asynccontextmanager
async def _client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://rowlock") as client,
    ):
        yield client
