"""Whose venues, plans and events are: an organizer acts for organizations, and for no others."""

from collections.abc import Collection
from uuid import UUID


class OrganizationRequired(Exception):
    """An organizer of several organizations must say for which one something is made."""

    def __init__(self) -> None:
        super().__init__("You organize for several organizations; say in organization_id for which one.")


class OrganizationForeign(Exception):
    """The caller is no organizer of the organization, whether or not there is such a one."""

    def __init__(self) -> None:
        super().__init__("You are no organizer of this organization.")


def choose_organization(*, asked: UUID | None, own: Collection[UUID]) -> UUID:
    """The organization that something new will belong to; `own` are those the organizer acts for.

    Raises OrganizationForeign or OrganizationRequired.
    """
    if not own or (asked is not None and asked not in own):
        raise OrganizationForeign
    if asked is not None:
        return asked
    if len(own) > 1:
        raise OrganizationRequired
    return next(iter(own))
