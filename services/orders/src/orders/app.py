"""Builds the HTTP process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from chassis.http import create_http_app
from chassis.rate_limits import RateLimits
from orders.api import (
    attendees,
    cancellations,
    event_refunds,
    guest_orders,
    internal_export,
    internal_mails,
    order_actions,
    orders,
    payment_notices,
    payments,
)
from orders.api.hold_tokens import HoldTokens
from orders.api.limits import Limits
from orders.api.page import add_page
from orders.api.problems import PROBLEMS
from orders.clients.held_seats import HeldSeats
from orders.clients.payment_provider import PaymentProvider
from orders.clients.payment_providers import provider_of
from orders.settings import Settings
from orders.storage.tables import OUTBOX, RATE_LIMITS_TABLE
from orders.usecases.order_access_tokens import OrderAccessTokens

DESCRIPTION = """
Orders made of held seats: place one, finalize or cancel it, follow what happened, get the tickets.

Every write needs an `Idempotency-Key`; the same key gives the first answer again. Errors are
problem documents (RFC 9457) with a stable `type`.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; `settings` come from the environment unless given."""
    settings = settings or Settings.from_environment()
    provider = provider_of(settings)
    app = create_http_app(
        title="Rowlock orders",
        description=DESCRIPTION,
        version="1.0.0",
        settings=settings,
        routers=[_api(), internal_mails.router, internal_export.router],
        problem_table=PROBLEMS,
        lifespan=_lifespan,
        outbox=OUTBOX if settings.relay_in_api else None,
        body_bytes_max_by_path={_notices_path(provider): settings.notice_bytes_max} if provider else {},
        tags=[
            {"name": "orders", "description": "Orders, payments and tickets"},
            {"name": "payment notices", "description": "What payment providers tell by themselves"},
            {"name": "attendees", "description": "Who will sit on the seats"},
            {"name": "guest orders", "description": "Orders placed without an account"},
        ],
    )
    fingerprints = app.state.fingerprints
    app.state.hold_tokens = HoldTokens(settings)
    app.state.order_access_tokens = OrderAccessTokens(fingerprints)
    app.state.payment_provider = provider
    app.state.held_seats = HeldSeats(settings)
    app.state.limits = Limits(settings, RateLimits(app.state.db, RATE_LIMITS_TABLE, fingerprints))
    add_page(app)
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    api.include_router(orders.router)
    api.include_router(guest_orders.router)
    api.include_router(order_actions.router)
    api.include_router(payments.router)
    api.include_router(payment_notices.router)
    api.include_router(attendees.router)
    api.include_router(cancellations.router)
    api.include_router(event_refunds.router)
    return api


def _notices_path(provider: PaymentProvider) -> str:
    return f"/api/v1/payment-notices/{provider.name}"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await app.state.held_seats.close()
        if app.state.payment_provider is not None:
            await app.state.payment_provider.close()
