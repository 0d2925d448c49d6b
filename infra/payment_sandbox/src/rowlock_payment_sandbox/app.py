"""Builds the HTTP process: API, pages, switches, and the clockwork beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rowlock_payment_sandbox.api import control, payments, refunds
from rowlock_payment_sandbox.api.outages import Outages
from rowlock_payment_sandbox.api.problems import add_problem_handlers
from rowlock_payment_sandbox.clockwork import run_clockwork
from rowlock_payment_sandbox.delivery import Sender
from rowlock_payment_sandbox.sandbox import Sandbox
from rowlock_payment_sandbox.web import operator_view, payment_pages


def create_app(sandbox: Sandbox) -> FastAPI:
    """The app of this sandbox. Its routes are coroutines: all of them share one thread, and the database."""
    app = FastAPI(
        title="Rowlock payment sandbox",
        version="1.0.0",
        docs_url=None,  # it would load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.sandbox = sandbox
    for router in (
        payments.router,
        refunds.router,
        control.router,
        payment_pages.router,
        operator_view.router,
    ):
        app.include_router(router)
    app.add_api_route("/readyz", _ready, include_in_schema=False)
    add_problem_handlers(app)
    app.add_middleware(Outages, sandbox=sandbox)
    hosts = sandbox.settings.sandbox_trusted_hosts.split(",")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    sandbox: Sandbox = app.state.sandbox
    # No proxy from the environment: notices go to this machine.
    async with httpx.AsyncClient(timeout=sandbox.settings.sandbox_notice_timeout_s, trust_env=False) as http:
        app.state.sender = Sender(sandbox, http)
        clockwork = asyncio.create_task(run_clockwork(sandbox, app.state.sender))
        yield
        clockwork.cancel()
        with suppress(asyncio.CancelledError):
            await clockwork


async def _ready() -> JSONResponse:
    return JSONResponse({"status": "ready"})
