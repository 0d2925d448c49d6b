"""`rowlock erase` asks each service in turn, and first the one that knows whose accounts are whose."""

import os
from types import SimpleNamespace
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from chassis.erasure import Erasure, Person
from rowlock_cli import erase_command

ACCOUNT = uuid4()
EMAIL = "ada@example.org"
asked: list[tuple[str, Person, str]] = []


class Entry:
    """An entry point whose service tells what it was asked."""

    def __init__(self, name: str, erasure: Erasure) -> None:
        self.name = name
        self._erasure = erasure

    def load(self):
        async def erase(person: Person) -> Erasure:
            asked.append((self.name, person, os.environ["DATABASE_URL"]))
            return self._erasure

        return erase


@pytest.fixture(autouse=True)
def services(monkeypatch: pytest.MonkeyPatch) -> None:
    asked.clear()
    entries = [
        Entry("orders", Erasure(erased=["orders: 2"], kept=["books"])),
        Entry("accounts", Erasure(erased=["the account"], kept=[], account_ids=frozenset({ACCOUNT}))),
    ]
    monkeypatch.setattr(erase_command, "entry_points", lambda **_: entries)
    settings = SimpleNamespace(Settings=SimpleNamespace(from_environment=lambda: None))
    monkeypatch.setattr("importlib.import_module", lambda _name: settings)
    for entry in entries:
        monkeypatch.setenv(f"{entry.name.upper()}_DATABASE_URL", f"postgresql://{entry.name}")
    monkeypatch.delenv("DATABASE_URL", raising=False)


def invoke(*arguments: str, answer: str = ""):
    return CliRunner().invoke(erase_command.commands, [EMAIL, *arguments], input=answer)


def test_accounts_says_whose_accounts_and_the_others_hear_of_them() -> None:
    result = invoke("--yes")

    accounts, orders = Person(email=EMAIL), Person(email=EMAIL, account_ids=frozenset({ACCOUNT}))
    assert asked == [
        ("accounts", accounts, "postgresql://accounts"),
        ("orders", orders, "postgresql://orders"),
    ]
    assert result.stdout.splitlines() == [
        "accounts erased  the account",
        "orders erased  2",
        "orders kept  books",
    ]
    assert "DATABASE_URL" not in os.environ


def test_nobody_is_erased_by_mistake() -> None:
    assert invoke(answer="n\n").exit_code == 1
    assert asked == []
    assert invoke(answer="y\n").exit_code == 0
    assert len(asked) == 2


def test_nothing_is_begun_while_a_service_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORDERS_DATABASE_URL")

    result = invoke("--yes")

    assert (result.exit_code, asked) == (1, [])
    assert "ORDERS_DATABASE_URL" in result.stderr
