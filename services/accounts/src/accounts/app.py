"""Builds the HTTP process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI

from accounts.api import (
    internal,
    invitations,
    me,
    organization_problems,
    organizations,
    registration,
    sessions,
    well_known,
)
from accounts.api.dependencies import Desk
from accounts.api.key_ring import KeyRing
from accounts.api.limits import Limits
from accounts.api.pages import add_pages
from accounts.api.problems import PROBLEMS
from accounts.clients.passwords import Passwords
from accounts.clients.people import People
from accounts.domain.sessions import SessionLimits
from accounts.settings import Settings
from accounts.storage.limits import RATE_LIMITS
from accounts.usecases.issue_access_token import TokenTerms
from chassis.http import create_http_app
from chassis.rate_limits import RateLimits

DESCRIPTION = """
Who people are: registration, login, sessions, roles and organizations.

No answer tells whether an e-mail address is registered: what there is to say goes to its mailbox.
"""
TAGS = [
    {"name": "accounts", "description": "Registration and one's own account"},
    {"name": "sessions", "description": "Logging in, staying logged in, logging out"},
    {"name": "organizations", "description": "Who puts events on, and who acts for them"},
    {"name": "keys", "description": "What access tokens are verified with"},
]


def create_app(settings: Settings | None = None) -> FastAPI:
    """Settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    app = create_http_app(
        title="Rowlock accounts",
        description=DESCRIPTION,
        version=version("rowlock-accounts"),
        settings=settings,
        routers=[_api(), well_known.router, internal.router],
        problem_table={**PROBLEMS, **organization_problems.PROBLEMS},
        lifespan=_lifespan,
        tags=TAGS,
    )
    app.state.desk = _desk(app, settings)
    add_pages(app)
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    # /accounts/me before anything with a parameter below /accounts.
    for router in (
        me.router,
        registration.router,
        sessions.router,
        organizations.router,
        invitations.router,
    ):
        api.include_router(router)
    return api


def _desk(app: FastAPI, settings: Settings) -> Desk:
    db, sealer, fingerprints = app.state.db, app.state.sealer, app.state.fingerprints
    return Desk(
        settings=settings,
        sealer=sealer,
        fingerprints=fingerprints,
        passwords=Passwords.of_settings(settings),
        keys=KeyRing(
            db,
            sealer,
            read_every_s=settings.signing_key_read_every_s,
            over_s=settings.signing_key_over_s,
        ),
        limits=Limits(settings, RateLimits(db, RATE_LIMITS, fingerprints)),
        people=People(
            {"orders": settings.orders_url, "notifications": settings.notifications_url},
            internal_api_key=settings.internal_api_key,
        ),
        token_terms=TokenTerms(
            issuer=settings.access_token_issuer,
            audience=settings.access_token_audience,
            lifetime_s=settings.access_token_s,
        ),
        session_limits=SessionLimits(
            refresh_token_s=settings.refresh_token_s,
            session_s_max=settings.session_s_max,
            sessions_max=settings.sessions_per_account_max,
        ),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    try:
        yield
    finally:
        app.state.desk.passwords.close()
        await app.state.desk.people.close()
