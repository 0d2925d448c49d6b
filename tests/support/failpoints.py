"""The failpoints of the code as it is, so that a test cannot arm one that nobody reaches."""

import ast
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path

from support.services import SERVICES

PACKAGES = ("chassis", *SERVICES)


@cache
def failpoints(package: str) -> frozenset[str]:
    """Names of those that `package` reaches: a service's begin with its own name."""
    return frozenset(reached(package))


def reached(package: str) -> Counter[str]:
    """In how many places of the package each failpoint is reached."""
    folder = Path(import_module(package).__path__[0])
    calls = (call for path in sorted(folder.rglob("*.py")) for call in _calls(ast.parse(path.read_text())))
    return Counter(_name(call) for call in calls)


def known(service: str) -> frozenset[str]:
    """Those that a process of the service may end at."""
    return failpoints("chassis") | failpoints(service)


def _calls(tree: ast.Module) -> list[ast.Call]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [node for node in nodes if ast.unparse(node.func) == "failpoints.reach"]


def _name(call: ast.Call) -> str:
    assert isinstance(call.args[0], ast.Constant), f"a failpoint's name is written out: {ast.unparse(call)}"
    return str(call.args[0].value)
