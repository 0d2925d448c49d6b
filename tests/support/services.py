"""The services as they are installed: what each owns, found the way the launcher finds them."""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from sqlalchemy import MetaData

SERVICES = tuple(sorted(entry.name for entry in entry_points(group="rowlock.services")))


def metadata_of(service: str) -> MetaData:
    """The tables of a service, from its storage/tables.py."""
    tables = import_module(f"{service}.storage.tables")
    return next(thing for thing in vars(tables).values() if isinstance(thing, MetaData))


def settings_class_of(service: str) -> Any:
    return import_module(f"{service}.settings").Settings


def consumer_names() -> tuple[str, ...]:
    """The names of all consumers, which are also the names of their queues."""
    return ()
