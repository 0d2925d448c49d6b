"""The services as they are installed: what each owns, found the way the launcher finds them."""

from importlib import import_module
from importlib.util import find_spec

from sqlalchemy import MetaData

from bus import SERVICES, consumers_of, example_settings

__all__ = ["SERVICES", "consumer_names", "consumers_of", "example_settings", "metadata_of"]


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
