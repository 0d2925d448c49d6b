"""Failpoints are where their names say, once each."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from support.failpoints import PACKAGES, failpoints, known, reached
from support.services import SERVICES


@pytest.mark.parametrize("package", PACKAGES)
def test_every_failpoint_is_reached_at_one_place(package):
    assert [] == [name for name, places in reached(package).items() if places > 1]


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_failpoints_bear_its_name(service):
    assert {
        name for name in failpoints(service) if not re.fullmatch(rf"{service}(\.[a-z_]+){{2}}", name)
    } == set()


def test_the_chassis_has_one_at_each_end_of_a_message():
    assert failpoints("chassis") == {"outbox.published", "inbox.committed"}
    assert failpoints("chassis") <= known("orders")


@pytest.mark.parametrize("package", PACKAGES)
def test_they_are_called_by_the_modules_name_where_a_search_finds_them(package):
    """`from chassis.failpoints import reach` would hide one from the tests that end processes there."""
    folder = Path(import_module(package).__path__[0])
    imported = [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "chassis.failpoints"
    ]
    assert imported == []
