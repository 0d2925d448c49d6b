"""What `rowlock status` and `rowlock doctor` are told: by their own looks, and by each service of itself.

A service brings its part by entry points of its own name: `rowlock.status` names a `ServiceStatus`,
`rowlock.doctor` a sequence of `SettingCheck`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chassis.database import Snapshot
from chassis.settings import ServiceSettings


class PartState(StrEnum):
    """How a part is."""

    OK = "ok"
    TROUBLE = "trouble"
    """It answers, and what it says is not well."""
    UNKNOWN = "unknown"
    """It could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStatus:
    """One line of `rowlock status`: `says` for people, `facts` for programs (units in their names)."""

    part: str
    state: PartState
    says: str
    facts: Mapping[str, Any] = field(default_factory=dict)


ServiceStatus = Callable[[Snapshot, ServiceSettings | None], Awaitable[Sequence[PartStatus]]]
"""Reads a service's own lines from its tables; without its settings by their defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is misconfigured: by which setting, what is wrong with it, what to do."""

    setting: str
    wrong: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingCheck:
    """What a service can tell of its own settings, by asking whom they name. Each answers in time or is
    given up.
    """

    name: str
    finds: str
    """For the list of all checks: what it finds."""
    run: Callable[[ServiceSettings], Awaitable[Sequence[Finding]]]


def age(seconds: float) -> str:
    """As `3 s`, `4 min`, `2 h` or `3 days`: the largest unit of which there are two, or seconds."""
    for unit, length_s in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}"
    return f"{seconds:.0f} s"
