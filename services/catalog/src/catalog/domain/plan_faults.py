"""What is wrong with a seating-plan document, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

FAULTS_PER_PLAN_MAX = 20
"""A plan drawn wrongly is wrong in every seat: after this many faults we stop looking."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule. `path` leads to it in the document (`zones/0/rows/2/seats/5/category`)."""

    path: str
    rule: str


class SeatingPlanInvalid(Exception):
    """The seating plan breaks at least one rule of the format."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(f"The seating plan is not valid: {first.path or 'the document'} {first.rule}.")


class FaultsFull(Exception):
    """Enough faults are known; raised to stop looking, never shown to anyone."""


class FaultList:
    """Collects faults up to FAULTS_PER_PLAN_MAX."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, path: str, rule: str) -> None:
        """Note a fault. Raises FaultsFull with the last one that fits."""
        self._faults.append(Fault(path=path, rule=rule))
        if len(self._faults) >= FAULTS_PER_PLAN_MAX:
            raise FaultsFull

    def raise_if_any(self) -> None:
        """Raise SeatingPlanInvalid with everything found so far, if anything was."""
        if self._faults:
            raise SeatingPlanInvalid(self._faults)
