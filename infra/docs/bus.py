"""Who sends and who receives each message, read from the code itself."""

import ast
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import messages
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
