"""Builds the HTTP process: for the other services only, nothing of it is routed."""

from fastapi import FastAPI

from chassis.http import create_http_app
from notifications.api import people
from notifications.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; `settings` come from the environment unless given."""
    settings = settings or Settings.from_environment()
    return create_http_app(
        title="Rowlock notifications",
        description="Sends mails. Has no routes for the world.",
        version="1.0.0",
        settings=settings,
        routers=[people.router],
        problem_table={},
    )
