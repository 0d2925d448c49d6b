"""The services of this installation and the operator commands they bring."""

import functools
import importlib
import os
from collections.abc import Callable, Iterator
from copy import copy
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from pydantic import ValidationError

from chassis.messaging import Consumer
from chassis.worker import Worker
from rowlock_cli.environment import SERVICE_DATABASE, use_database_of

_NOWHERE = {
    "database_url": "postgresql://nobody@127.0.0.1:9/none",
    "amqp_url": "amqp://127.0.0.1:9/",
    "smtp_url": "smtp://127.0.0.1:9",
    "mail_from": "nobody@rowlock.example",
}

SERVICES = "rowlock.services"
COMMANDS = "rowlock.commands"


def service_names() -> list[str]:
    """Every installed service."""
    return sorted(entry.name for entry in entry_points(group=SERVICES))


@functools.cache
def consumers_of(service: str) -> tuple[Consumer, ...]:
    """The consumers of a service, not running; needs none of its settings."""
    settings = importlib.import_module(f"{service}.settings").Settings
    # Only their names and subscriptions are asked for, and those hang on no setting.
    nowhere = settings.model_construct(**_NOWHERE)
    worker: Worker = importlib.import_module(f"{service}.worker").create_worker(nowhere)
    return tuple(worker.consumers)


def consumer_names() -> list[str]:
    """The consumers of every installed service, which are also the names of their queues."""
    return [consumer.name for service in service_names() for consumer in consumers_of(service)]


def say_where_no_system_is_known() -> None:
    """A word on standard error where the command was told of no service's database: everything else it says
    would only puzzle.
    """
    if not any(SERVICE_DATABASE.format(service=service.upper()) in os.environ for service in service_names()):
        typer.echo(
            "No system is known here: `make up` starts one. Of another, tell where its parts are "
            "(docs/configuration.md, The operators' command).",
            err=True,
        )


def worker_of(service: str) -> Worker | None:
    """The service's worker, not running; None, and a word about it, without the service's settings."""
    own = os.environ.get(f"{service.upper()}_DATABASE_URL")
    before = os.environ.get("DATABASE_URL")
    if own and not before:
        os.environ["DATABASE_URL"] = own
    try:
        return importlib.import_module(f"{service}.worker").create_worker()
    except ValidationError:
        typer.echo(f"skipped {service}: its settings are not at hand", err=True)
        return None
    finally:
        if own and not before:
            del os.environ["DATABASE_URL"]


def add_service_commands(app: typer.Typer) -> None:
    """Add each service's commands beside our own; each runs on its service's database."""
    for entry in sorted(entry_points(group=COMMANDS), key=lambda entry: entry.name):
        merge(on_database_of(load(entry), service=entry.name), into=app)


def merge(commands: typer.Typer, *, into: typer.Typer) -> None:
    """Add commands; a group that is there already (`rowlock keys`) gets the service's beside its own."""
    there = dict(named_groups(into))
    for name, group in named_groups(commands):
        if name in there:
            there[name].registered_commands.extend(group.registered_commands)
    commands.registered_groups = [
        group for group in commands.registered_groups if group.name is None or group.name not in there
    ]
    into.add_typer(commands)


def named_groups(app: typer.Typer) -> Iterator[tuple[str, typer.Typer]]:
    """The groups of an application by name, also those of applications added to it without one."""
    for group in app.registered_groups:
        if group.typer_instance is None:
            continue
        if isinstance(group.name, str):
            yield group.name, group.typer_instance
        else:
            yield from named_groups(group.typer_instance)


def load(entry: EntryPoint) -> typer.Typer:
    """The service's Typer application."""
    commands = entry.load()
    if not isinstance(commands, typer.Typer):
        raise TypeError(f"the entry point {entry.name} of {COMMANDS} must name a Typer application")
    return commands


def on_database_of(commands: typer.Typer, *, service: str) -> typer.Typer:
    """A copy of the application (the service's own stays as it is) whose commands, sub-commands included,
    choose the service's database before they run.
    """
    chosen = copy(commands)
    chosen.registered_commands = [copy(command) for command in commands.registered_commands]
    for command in chosen.registered_commands:
        if command.callback:
            command.callback = choosing_database(command.callback, service=service)
    chosen.registered_groups = [copy(group) for group in commands.registered_groups]
    for group in chosen.registered_groups:
        if group.typer_instance:
            group.typer_instance = on_database_of(group.typer_instance, service=service)
    return chosen


def choosing_database(callback: Callable[..., Any], *, service: str) -> Callable[..., Any]:
    """The callback, run with DATABASE_URL of the service."""

    @functools.wraps(callback)
    def on_its_database(*args: Any, **kwargs: Any) -> Any:
        use_database_of(service)
        return callback(*args, **kwargs)

    return on_its_database
