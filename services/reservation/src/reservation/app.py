"""Builds the HTTP process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from chassis.database import Database
from chassis.http import create_http_app
from reservation.api import holds, internal_holds, seats
from reservation.api.buyers import HoldRates
from reservation.api.dependencies import Desk
from reservation.api.hold_tokens import HoldTokens
from reservation.api.problems import PROBLEMS
from reservation.settings import Settings
from reservation.storage.seat_views import SeatViews
from reservation.usecases.place_hold import HoldPlacer

DESCRIPTION = """
Every seat of every event on sale. A seat has at most one owner: a hold is all or nothing, lasts a
while, and stops blocking its seats the moment it expires.
"""
TAGS = [
    {"name": "holds", "description": "Seats kept for a buyer until they are paid or their time is over"},
    {"name": "seats", "description": "What is free, and what the organizer keeps from sale"},
]
# Connections beside those of the batches: reading seat maps, which must not wait for holds.
OTHER_RAW = 3


def create_app(settings: Settings | None = None) -> FastAPI:
    """Settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    app = create_http_app(
        title="Rowlock reservation",
        description=DESCRIPTION,
        version=version("rowlock-reservation"),
        settings=settings,
        routers=[holds.router, seats.router, internal_holds.router],
        problem_table=PROBLEMS,
        lifespan=_lifespan,
        db=Database.of(settings, process="api", raw_pool_size=settings.hold_batches_at_once_max + OTHER_RAW),
        tags=TAGS,
    )
    app.state.desk = _desk(app, settings)
    app.state.hold_rates = HoldRates.of(settings)
    return app


def _desk(app: FastAPI, settings: Settings) -> Desk:
    views = SeatViews(app.state.db, age_s_max=settings.availability_view_ms / 1000)
    return Desk(
        views=views,
        placer=HoldPlacer(
            db=app.state.db,
            views=views,
            limits=settings.hold_limits,
            batch_max=settings.hold_batch_max,
            batches_at_once=settings.hold_batches_at_once_max,
        ),
        tokens=HoldTokens.load(
            settings.hold_token_private_key,
            issuer=settings.hold_token_issuer,
            audience=settings.hold_token_audience,
        ),
        limits=settings.hold_limits,
        fingerprints=app.state.fingerprints,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await app.state.desk.placer.close()
