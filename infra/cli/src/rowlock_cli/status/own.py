"""What services tell of themselves: each brings its lines by an entry point of group `rowlock.status`."""

import asyncio
import importlib
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points

import psycopg
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from chassis.database_errors import DatabaseUnavailable
from chassis.inspection import PartState, PartStatus, ServiceStatus
from chassis.settings import ServiceSettings
from rowlock_cli.asking import Unanswered, ask
from rowlock_cli.environment import SERVICE_DATABASE
from rowlock_cli.looks.databases import database_error, opened

STATUS = "rowlock.status"


def services_that_tell() -> dict[str, ServiceStatus]:
    """What each service brings, by its name; imports the services."""
    entries = sorted(entry_points(group=STATUS), key=lambda entry: entry.name, reverse=True)
    return {entry.name: entry.load() for entry in entries}


async def own_statuses(telling: Mapping[str, ServiceStatus]) -> list[PartStatus]:
    """The lines of every service that brings some, or one that says why there are none."""
    told = await asyncio.gather(*(_told_by(service, tell) for service, tell in telling.items()))
    return [status for several in told for status in several]


async def _told_by(service: str, tell: ServiceStatus) -> Sequence[PartStatus]:
    name = SERVICE_DATABASE.format(service=service.upper())
    if not (url := os.environ.get(name)):
        return _not_asked(service, f"{name} is not set")
    try:
        return await ask(_read(tell, url, settings_at_hand(service, url)))
    except Unanswered as error:
        return _not_asked(service, str(error))
    except (SQLAlchemyError, psycopg.Error, DatabaseUnavailable) as error:
        return _not_asked(service, database_error(error))


def _not_asked(service: str, why: str) -> list[PartStatus]:
    return [PartStatus(part=service, state=PartState.UNKNOWN, says=f"not asked how it stands: {why}")]


async def _read(tell: ServiceStatus, url: str, settings: ServiceSettings | None) -> Sequence[PartStatus]:
    async with opened(url) as db, db.snapshot() as conn:
        return await tell(conn, settings)


def settings_at_hand(service: str, database_url: str) -> ServiceSettings | None:
    """The service's settings as the environment has them, if it has all of them."""
    try:
        return importlib.import_module(f"{service}.settings").Settings(database_url=database_url)
    except ValidationError:
        return None
