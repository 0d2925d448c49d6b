"""Builds the HTTP process."""

from fastapi import APIRouter, FastAPI

from chassis.http import create_http_app
from chassis.rate_limits import RateLimits
from orders.api import attendees, guest_orders, internal_export, internal_mails, order_actions, orders
from orders.api.hold_tokens import HoldTokens
from orders.api.limits import Limits
from orders.api.page import add_page
from orders.api.problems import PROBLEMS
from orders.settings import Settings
from orders.storage.tables import RATE_LIMITS_TABLE
from orders.usecases.order_access_tokens import OrderAccessTokens

DESCRIPTION = """
Orders made of held seats: place one, finalize or cancel it, follow what happened, get the tickets.

Every write needs an `Idempotency-Key`; the same key gives the first answer again. Errors are
problem documents (RFC 9457) with a stable `type`.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; `settings` come from the environment unless given."""
    settings = settings or Settings.from_environment()
    app = create_http_app(
        title="Rowlock orders",
        description=DESCRIPTION,
        version="1.0.0",
        settings=settings,
        routers=[_api(), internal_mails.router, internal_export.router],
        problem_table=PROBLEMS,
        tags=[
            {"name": "orders", "description": "Orders, payments and tickets"},
            {"name": "attendees", "description": "Who will sit on the seats"},
            {"name": "guest orders", "description": "Orders placed without an account"},
        ],
    )
    fingerprints = app.state.fingerprints
    app.state.hold_tokens = HoldTokens(settings)
    app.state.order_access_tokens = OrderAccessTokens(fingerprints)
    app.state.limits = Limits(settings, RateLimits(app.state.db, RATE_LIMITS_TABLE, fingerprints))
    add_page(app)
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    api.include_router(orders.router)
    api.include_router(guest_orders.router)
    api.include_router(order_actions.router)
    api.include_router(attendees.router)
    return api
