"""The bus as the code has it: every message, who sends it and who receives it."""

import ast
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import messages
from chassis.messaging import Consumer
from messages.base import Message

SERVICES = tuple(sorted(entry.name for entry in entry_points(group="rowlock.services")))


@cache
def message_classes() -> tuple[type[Message], ...]:
    """Every message there is, by type."""
    modules = (import_module(f"messages.{found.name}") for found in pkgutil.iter_modules(messages.__path__))
    return tuple(sorted(_messages_in(modules), key=lambda message: message.message_type))


def _messages_in(modules: Iterator[object]) -> Iterator[type[Message]]:
    for module in modules:
        for _name, thing in inspect.getmembers(module, inspect.isclass):
            if issubclass(thing, Message) and "message_type" in vars(thing):
                yield thing


def is_command(message: type[Message]) -> bool:
    """A command says so in the first word of its docstring."""
    return (message.__doc__ or "").startswith("Command:")


def owner_of(message: type[Message]) -> str:
    """The service named in the message's type: the sender of a fact, the receiver of a command."""
    return message.message_type.partition(".")[0]


def senders_of(message: type[Message]) -> tuple[str, ...]:
    """The services whose code makes this message."""
    return tuple(service for service in SERVICES if message.__name__ in _called_names(service))


@cache
def _called_names(service: str) -> frozenset[str]:
    """The names of everything a service's code calls, classes and functions alike."""
    package = Path(import_module(service).__file__ or "").parent
    trees = (ast.parse(path.read_text(), path) for path in package.rglob("*.py"))
    calls = (node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return frozenset(
        call.attr if isinstance(call, ast.Attribute) else call.id
        for call in calls
        if isinstance(call, ast.Attribute | ast.Name)
    )


def receivers_of(message: type[Message]) -> tuple[str, ...]:
    """The consumers whose queues are bound to this message."""
    return tuple(
        consumer.name
        for service in SERVICES
        for consumer in consumers_of(service)
        if message.message_type in consumer.message_types
    )


@cache
def consumers_of(service: str) -> tuple[Consumer, ...]:
    """The consumers of a service's worker."""
    worker = import_module(f"{service}.worker").create_worker(example_settings(service))
    return tuple(worker.consumers)


def example_settings(service: str, **given: Any) -> Any:
    """Settings good enough to build a service's app and worker; nothing is reached until it runs."""
    nowhere = {
        "database_url": f"postgresql://{service}:none@127.0.0.1:9/none",
        "amqp_url": "amqp://guest:guest@127.0.0.1:9/",
        "access_log": False,
        "smtp_url": "smtp://127.0.0.1:9",
        "mail_from": "Rowlock <tickets@rowlock.example>",
    }
    return import_module(f"{service}.settings").Settings(**nowhere | given)
