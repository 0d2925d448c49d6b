"""What several routers ask for by annotation."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header

from chassis.access import OptionalPrincipal, Principal, requires
from chassis.problems import ProblemError, ProblemSpec

ORGANIZER = "organizer"

Organizer = Annotated[Principal, requires(ORGANIZER)]

IF_MATCH_INVALID = ProblemSpec(400, "if-match-invalid", "The If-Match header is not valid")


def own_organizations(organizer: Organizer) -> frozenset[UUID]:
    """The organizations that the calling organizer acts for."""
    return organizer.organizations_as(ORGANIZER)


OwnOrganizations = Annotated[frozenset[UUID], Depends(own_organizations)]


def organizations_of_caller(principal: OptionalPrincipal) -> frozenset[UUID]:
    """The organizations whose drafts the caller sees, if anybody in particular is asking."""
    if principal is None or ORGANIZER not in principal.roles:
        return frozenset()
    return principal.organizations_as(ORGANIZER)


OrganizationsOfCaller = Annotated[frozenset[UUID], Depends(organizations_of_caller)]


def expected_version(
    if_match: Annotated[
        str | None,
        Header(
            description='ETag of the draft as you read it, such as "3": refused with 412 if it has changed.',
            examples=['"3"'],
        ),
    ] = None,
) -> int | None:
    """The event version in If-Match; None without it or with `*`. Raises a 400 problem."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = re.fullmatch(r'\s*"([0-9]{1,9})"\s*', if_match)
    if match is None:
        raise ProblemError(IF_MATCH_INVALID, 'Send the ETag of the event, such as "3".')
    return int(match[1])


ExpectedVersion = Annotated[int | None, Depends(expected_version)]


def event_etag(version: int) -> dict[str, str]:
    """The ETag header of a draft, to be sent back as If-Match."""
    return {"ETag": f'"{version}"'}
