"""What an account may be: the words that access tokens carry as roles."""

from enum import StrEnum


class Role(StrEnum):
    BUYER = "buyer"
    """Every account is one."""

    ORGANIZER = "organizer"
    """Puts events on, within an organization."""

    ENTRANCE_STAFF = "entrance_staff"
    """Lets ticket holders in, within an organization."""

    OPERATOR = "operator"
    """Runs the system; granted by another operator, never within an organization."""


MEMBER_ROLES = frozenset({Role.ORGANIZER, Role.ENTRANCE_STAFF})
"""Roles that are held within an organization, by a membership."""

GRANTED_ROLES = frozenset({Role.OPERATOR})
"""Roles that are held everywhere, by a grant."""
