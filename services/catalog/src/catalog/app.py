"""The HTTP process of catalog."""

from fastapi import FastAPI

from catalog.api.documentation import add_documentation
from catalog.api.problems import PROBLEMS
from catalog.api.routers import ROUTERS, seating_plans
from catalog.settings import Settings
from chassis.http import create_http_app

TAGS = [
    {"name": "browsing", "description": "What buyers read; no sign-in needed."},
    {"name": "events", "description": "What organizers draft, publish and cancel."},
    {"name": "venues", "description": "Where events take place."},
    {"name": "seating plans", "description": "What there is to sit on: immutable, versioned."},
]


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    app = create_http_app(
        title="Rowlock catalog",
        description="Venues, seating plans, events and prices: what a buyer browses.",
        version="1",
        settings=settings,
        routers=ROUTERS,
        problem_table=PROBLEMS,
        tags=TAGS,
        body_bytes_max_by_path={seating_plans.PATH: settings.seating_plan_bytes_max},
    )
    add_documentation(app)
    return app
