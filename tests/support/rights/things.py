"""What a route is about, one's own or another's."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from support.rights.cast import ACCOUNTS
from support.rights.table import NOTHING
from support.stage.person import Person

OF_ORGANIZATION = (
    "organization",
    "member",
    "open-invitation",
    "venue",
    "plan",
    "draft",
    "event",
    "blocked",
)
"""The organizers and the staff of an organization have these in common; nobody else has one."""
OF_PERSON: Mapping[str, tuple[str, ...]] = {
    "self": ACCOUNTS,
    "session": ACCOUNTS,
    "invitation": ACCOUNTS,
    "hold": (*ACCOUNTS, "holder"),
    "order": (*ACCOUNTS, "orderer"),
    "confirmed": (*ACCOUNTS, "orderer"),
    "priced": (*ACCOUNTS, "orderer"),
    "payment": (*ACCOUNTS, "orderer"),
}
"""Who can have one of these."""
OF_BEARER = ("verification", "reset", "login", "notice")
"""Secrets: good for whoever shows them, so they are always another's here. Nobody here can sign a notice."""
SECRET = "token"
"""Who knows this name of a thing was told of it: it may be told from one that is not there."""
KINDS = (NOTHING, *OF_ORGANIZATION, *OF_PERSON, *OF_BEARER)


@dataclass(frozen=True)
class Thing:
    """`names` fill the path and the body, the one called `key` tells it from others of its kind; `owner`
    may do with it whatever an owner may.
    """

    owner: Person
    key: str
    names: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.names[self.key]

    def unknown(self) -> "Thing":
        """Something of this kind that there is not."""
        return replace(self, names={**self.names, self.key: str(uuid.uuid4())}) if self.key else self


def may_have(who: str, kind: str) -> bool:
    """Whether one of this column can have a thing of this kind."""
    if kind in OF_ORGANIZATION:
        return who in ("organizer", "staff")
    return who in OF_PERSON.get(kind, ())
