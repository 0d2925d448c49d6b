"""What the runbooks name is there: commands, settings, lines of the log, columns, pages and tests."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from rowlock_cli.main import create_app

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
FOREIGN = {
    # PostgreSQL's, Docker's and RabbitMQ's own words
    "pg_stat_activity", "max_connections", "lock_timeout", "statement_timeout", "mem_limit", "disk_free_limit",
    "set_disk_free_limit",
    "pg_cancel_backend", "pg_terminate_backend",
}  # fmt: skip


@cache
def sources() -> str:
    kinds = ("**/*.py", "**/*.yaml", "**/*.sql")
    folders = ("services", "libs", "infra", "gateway")
    files = [path for folder in folders for kind in kinds for path in (ROOT / folder).glob(kind)]
    documents = [ROOT / "docs" / "configuration.md", ROOT / "gateway" / "README.md"]
    return "\n".join(path.read_text() for path in [*files, *documents])


@cache
def commands() -> Any:
    return typer.main.get_command(create_app())


def spans(page: Path) -> set[str]:
    """What stands in backticks, outside of blocks of code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_that_a_runbook_names_exist(page):
    for span in spans(page):
        words = span.split()
        if words[0] != "rowlock":
            continue
        command = commands()
        for word in words[1:]:
            inner = getattr(command, "commands", None)
            if inner is None:
                break
            assert word in inner, span
            command = inner[word]
        asked = {word for word in words if word.startswith("--")}
        known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        assert asked <= known, span


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_names_that_a_runbook_uses_are_in_the_sources(page):
    settings = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", page.read_text()))
    names = {span for span in spans(page) if re.fullmatch(r"[a-z]+(?:_[a-z]+)+", span)}
    names = {name.removeprefix("sample_") for name in names}  # of a job, which puts it together

    assert set() == {
        name for name in settings | names - FOREIGN if not re.search(rf"\b{name}\b", sources(), re.IGNORECASE)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_that_a_runbook_leads_to_exist(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.stem.startswith("Rowlock")], ids=lambda page: page.stem
)
def test_a_runbook_names_the_test_that_made_its_alert_fire(page):
    section = page.read_text().split("## How it was made to fire\n")[1]
    ((path, name),) = re.findall(r"`(tests/alerts/\w+\.py)::(\w+)`", section)
    tree = ast.parse((ROOT / path).read_text())
    (test,) = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name == name]

    assert f'"{page.stem}"' in ast.unparse(test).replace("'", '"')
