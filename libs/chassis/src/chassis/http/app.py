"""The app factory."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts

from chassis.access import AccessTokens
from chassis.database import Database
from chassis.fingerprints import Fingerprints
from chassis.http import health
from chassis.http.dependencies import sealer
from chassis.http.edge import Edge
from chassis.http.handlers import add_problem_handlers
from chassis.http.openapi import dependencies_of, describe
from chassis.http.relaying import RequestRelay
from chassis.idempotency import idempotent_write
from chassis.internal_api import InternalKey, internal_caller
from chassis.outbox import Outbox
from chassis.problems import ProblemTable
from chassis.process_facts import ProcessFacts
from chassis.readiness import Check
from chassis.sealing import Sealer
from chassis.settings import ServiceSettings

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_http_app(
    *,
    title: str,
    description: str,
    version: str,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    problem_table: ProblemTable,
    lifespan: Lifespan | None = None,
    tags: Sequence[dict[str, Any]] = (),
    readiness_checks: Mapping[str, Check] | None = None,
    body_bytes_max_by_path: Mapping[str, int] | None = None,
    db: Database | None = None,
    outbox: Outbox | None = None,
) -> FastAPI:
    """A FastAPI app with the edge, problems, health and OpenAPI of every service.

    Keeps `state.db`, `state.settings`, `state.access_tokens`, `state.sealer` and `state.fingerprints`;
    closes the database at the end. Does not start without a key file that a route of it needs.
    `lifespan(app)` runs inside, with the database there. `body_bytes_max_by_path` raises the
    body limit for exact paths. The `routers` bring their own prefixes. With an `outbox` the process sends
    what its requests commit there by itself (see `http.relaying`).
    """
    app = FastAPI(
        title=title,
        description=description,
        version=version,
        openapi_tags=list(tags),
        lifespan=_lifespan(lifespan),
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        # Even with nothing configured, FastAPI's own telemetry asks OpenTelemetry at each request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.db = db or Database.of(settings, process="api")
    app.state.access_tokens = AccessTokens(settings)
    app.state.sealer = Sealer.of(settings, app.state.db)
    app.state.fingerprints = Fingerprints.of_settings(settings)
    app.state.internal_key = InternalKey(settings)
    app.state.request_relay = RequestRelay(settings, app.state.db, outbox) if outbox else None
    app.state.process_facts = ProcessFacts(
        settings, process="api", db=app.state.db, relays=outbox is not None
    )
    app.state.draining = False
    app.state.readiness_checks = {"database": app.state.db.ping, **(readiness_checks or {})}
    for router in (*routers, health.router):
        # Not include_router: that matches each request twice, a tenth of what a request costs.
        app.router.routes.extend(router.routes)
    add_problem_handlers(app, problem_table)
    app.add_middleware(
        Edge,
        body_bytes_max=settings.request_body_bytes_max,
        body_bytes_max_by_path=body_bytes_max_by_path or {},
        access_log=settings.access_log,
    )
    describe(app)
    return app


def _lifespan(inner: Lifespan | None) -> Lifespan:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        _check_key_files(app)
        async with AsyncExitStack() as parts:
            parts.push_async_callback(app.state.db.close)
            if app.state.request_relay is not None:
                await parts.enter_async_context(app.state.request_relay.running())
            if inner is not None:
                await parts.enter_async_context(inner(app))
            yield

    return run


def _check_key_files(app: FastAPI) -> None:
    """Better no start than a first write that fails."""
    needed: set[Any] = set()
    for route in iter_route_contexts(app.routes):
        needed |= dependencies_of(getattr(route, "dependant", None))
    if needed & {idempotent_write, sealer}:
        app.state.sealer.check()
        app.state.fingerprints.check()
    if internal_caller in needed:
        app.state.internal_key.check()
