"""What each metric of the modules imported so far is and means: docs/metrics.md is made of it."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Words = Iterable[str] | str
"""The words a label takes; or, where the code does not list them, a text that says what they are."""
Labels = Mapping[str, Words]
Kind = Literal["counter", "gauge", "histogram"]
Process = Literal["api", "worker", "each"]

NO_LABELS: Labels = {}


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric as the page has it."""

    name: str
    owner: str
    """The package that declares it: `chassis`, or a service."""
    kind: Kind
    meaning: str
    labels: Mapping[str, tuple[str, ...] | str]
    told_by: Process
    is_sampled: bool
    """Every replica tells the same, found in PostgreSQL or at the broker; nothing where that fails."""


DECLARED: dict[str, Declared] = {}
"""By name."""


def declare(
    name: str, kind: Kind, meaning: str, labels: Labels, told_by: Process, *, is_sampled: bool = False
) -> Declared:
    """Remember a metric; its owner is the module that called `chassis.metrics`."""
    known = {
        label: words if isinstance(words, str) else tuple(map(str, words)) for label, words in labels.items()
    }
    declared = DECLARED[name] = Declared(name, _owner(), kind, meaning, known, told_by, is_sampled)
    return declared


def _owner() -> str:
    frame = sys._getframe(1)  # noqa: SLF001 -- nobody else knows who calls
    while frame.f_back is not None and frame.f_globals["__name__"] in (__name__, "chassis.metrics"):
        frame = frame.f_back
    return frame.f_globals["__name__"].partition(".")[0]
