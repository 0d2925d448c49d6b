"""The services as they are installed: what each owns, found the way the launcher finds them."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import MetaData

from bus import SERVICES, consumers_of, example_settings
from support.tokens import SigningKeys

__all__ = [
    "SERVICES",
    "consumer_names",
    "consumers_of",
    "example_settings",
    "metadata_of",
    "openapi_of",
    "operations_of",
]

METHODS = ("get", "put", "post", "delete", "patch")


def metadata_of(service: str) -> MetaData:
    """The tables of a service, from its storage/tables.py."""
    tables = import_module(f"{service}.storage.tables")
    return next(thing for thing in vars(tables).values() if isinstance(thing, MetaData))


def consumer_names() -> tuple[str, ...]:
    """The names of all consumers, which are also the names of their queues."""
    return tuple(
        consumer.name
        for service in SERVICES
        if find_spec(f"{service}.worker")
        for consumer in consumers_of(service)
    )


@cache
def openapi_of(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service, without running it."""
    with TemporaryDirectory() as folder:
        settings = example_settings(service, **SigningKeys.create(Path(folder)).as_settings())
        return import_module(f"{service}.app").create_app(settings).openapi()


def operations_of(service: str) -> list[tuple[str, str]]:
    """Method and path of everything a service offers to the world."""
    return [
        (method, path)
        for path, item in openapi_of(service)["paths"].items()
        for method in METHODS
        if method in item and path.startswith("/api/")
    ]
