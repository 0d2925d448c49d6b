"""Promises about the code itself that no linter we use can check."""

import ast
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from support.services import SERVICES

ROOT = Path(__file__).parents[2]
PACKAGES = (*SERVICES, "chassis", "messages", "rowlock_cli", "rowlock_local")
LINES_MAX = 300
STATEMENT = re.compile(
    r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|TRUNCATE)\s", re.IGNORECASE
)
# The checksums of the world's numbers: rules as plain as our own, kept by others.
NUMBERS = {"stdnum"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "shared"}


def sources(package):
    return sorted(Path(import_module(package).__path__[0]).rglob("*.py"))


def trees(package):
    return [(path.relative_to(ROOT), ast.parse(path.read_text())) for path in sources(package)]


def imported_packages(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def functions_of(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("service", SERVICES)
def test_the_domain_imports_nothing_but_the_standard_library(service):
    allowed = sys.stdlib_module_names | NUMBERS | {service}
    strangers = {
        (str(path), name)
        for path, tree in trees(service)
        if "domain" in path.parts
        for name in imported_packages(tree)
        if name not in allowed
    }
    assert strangers == set()


@pytest.mark.parametrize("service", SERVICES)
def test_domain_and_use_cases_never_read_the_clock(service):
    reads = [
        f"{path}:{node.lineno}"
        for path, tree in trees(service)
        if "domain" in path.parts or "usecases" in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in {"now", "utcnow", "utc_now", "today"}
        if not ast.unparse(node.func).startswith("func.")
    ]
    assert reads == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_statement_is_put_together_from_values(service):
    """Where a function runs, what it knows are values, and those are parameters of a statement.

    A module may put its statements together from its own constants.
    """
    built = [
        f"{path}:{node.lineno}"
        for path, tree in trees(service)
        for function in functions_of(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.JoinedStr)
        and any(isinstance(part, ast.FormattedValue) for part in node.values)
        and STATEMENT.match(str(getattr(node.values[0], "value", "")))
    ]
    assert built == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_is_long(package):
    lengths = {str(path): path.read_text().count("\n") for path in sources(package)}
    assert {path: length for path, length in lengths.items() if length > LINES_MAX} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is_for(package):
    silent = [str(path) for path, tree in trees(package) if tree.body and not ast.get_docstring(tree)]
    assert silent == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_is_named_for_nothing_in_particular(package):
    assert [str(path) for path in sources(package) if path.stem in BANNED_NAMES] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_asks_an_insert_how_many_rows_it_wrote(package):
    """SQLAlchemy does not know: `rowcount` is -1, so every comparison with it is a bug. RETURNING tells."""
    asked = [
        f"{path}:{function.lineno}"
        for path, tree in trees(package)
        for function in functions_of(tree)
        if re.search(r"\b(insert|upsert)\(", source := ast.unparse(function)) and ".rowcount" in source
    ]
    assert asked == []
