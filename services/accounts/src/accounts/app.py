"""Builds the HTTP process."""

from importlib.metadata import version

from fastapi import APIRouter, FastAPI

from accounts.settings import Settings
from chassis.http import create_http_app

DESCRIPTION = """
Who people are: registration, login, sessions, roles and organizations.

No answer tells whether an e-mail address is registered: what there is to say goes to its mailbox.
"""
TAGS = [
    {"name": "accounts", "description": "Registration and one's own account"},
    {"name": "sessions", "description": "Logging in, staying logged in, logging out"},
]


def create_app(settings: Settings | None = None) -> FastAPI:
    """Settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    routers: list[APIRouter] = []
    return create_http_app(
        title="Rowlock accounts",
        description=DESCRIPTION,
        version=version("rowlock-accounts"),
        settings=settings,
        routers=routers,
        problem_table={},
        tags=TAGS,
    )
