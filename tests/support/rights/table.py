"""Reads the table of rights, which is written to be read by people.

A row is a route, the thing it is about (or `-`), and a cell for each column of `WHO`. A cell says what
becomes of a request: `yes` (2xx, and nothing of others is shown), `all` (2xx, whosever it is), or the
status of a refusal. Two of them with a stroke between are for one's own thing and for another's, as
`yes/404`; `yes/-` where there is no way to name another's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

WHO = ("nobody", "buyer", "organizer", "staff", "operator", "holder", "orderer")
"""holder and orderer are guests: the one bears a hold token, the other an order access token."""
NOTHING = "-"
GRANTED = ("yes", "all")
REFUSED = ("401", "403", "404")
NOT_ASKABLE = "-"


@dataclass(frozen=True)
class Cell:
    """What becomes of a request about one's own thing, if one can have such a thing, and another's."""

    own: str | None
    others: str

    @classmethod
    def read(cls, text: str) -> "Cell":
        own, stroke, others = text.partition("/")
        cell = cls(own, others) if stroke else cls(None, own)
        assert {own, others or own} <= {*GRANTED, *REFUSED, NOT_ASKABLE}, text
        return cell


@dataclass(frozen=True)
class Rule:
    """One row."""

    method: str
    path: str
    thing: str
    cells: Mapping[str, Cell]

    @property
    def route(self) -> tuple[str, str]:
        return self.method, self.path

    def __str__(self) -> str:
        about = "" if self.thing == NOTHING else f" ({self.thing})"
        return f"{self.method} {self.path}{about}"


def read_table(text: str) -> list[Rule]:
    """The rules of a table; its first line names the columns."""
    heading, *lines = (words for line in text.splitlines() if (words := line.split()) and words[0][0] != "#")
    assert (*heading[-len(WHO) :],) == WHO, f"the columns are {WHO}"
    return [_rule(words) for words in lines]


def _rule(words: list[str]) -> Rule:
    method, path, thing, *cells = words
    assert len(cells) == len(WHO), f"{method} {path} needs {len(WHO)} cells"
    return Rule(method, path, thing, dict(zip(WHO, map(Cell.read, cells), strict=True)))
