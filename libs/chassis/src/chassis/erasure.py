"""What `rowlock erase` asks of each service, and what a service answers.

A service names `async def erase(person: Person) -> Erasure` in the entry point group `rowlock.erase`. It
runs with the service's settings in the environment, once or again: what is erased stays erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

__all__ = ["Erasure", "Person"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who is to be erased: the e-mail address they gave, and the accounts known to be theirs."""

    email: str = field(repr=False)
    account_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """What one service did, in sentences without personal data: what it erased, and what it keeps and why.

    `account_ids` are the person's accounts, from the service that knows them.
    """

    erased: Sequence[str]
    kept: Sequence[str]
    account_ids: frozenset[UUID] = frozenset()
