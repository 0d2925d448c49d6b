"""An organization, who belongs to it, and who may decide about that."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.domain.roles import Role

NAME_CHARS_MAX = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Organization:
    """Who puts events on. Its name is shown in mails and lists, and need not be its own alone."""

    organization_id: UUID
    name: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who asks about an organization; without an account it can only be an operator's program."""

    account_id: UUID | None
    is_operator: bool


class OrganizationNotFound(Exception):
    """No such organization, or one that the asker has nothing to do with."""

    def __init__(self) -> None:
        super().__init__("There is no such organization.")


class OrganizerNeeded(Exception):
    """Only organizers of an organization decide about its members."""

    def __init__(self) -> None:
        super().__init__("This needs the role organizer in this organization.")


class MemberNotFound(Exception):
    """No such member, or not in that role."""

    def __init__(self) -> None:
        super().__init__("The organization has no such member.")


class LastOrganizer(Exception):
    """Nobody would be left to invite anybody."""

    def __init__(self) -> None:
        super().__init__("An organization keeps at least one organizer: make somebody else one first.")


def check_an_organizer_is_left(*, taken: frozenset[Role], organizers_left: int) -> None:
    """Raises LastOrganizer when the last one of them is taken away."""
    if Role.ORGANIZER in taken and organizers_left == 0:
        raise LastOrganizer
