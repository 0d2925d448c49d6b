"""What several routers ask for by annotation."""

import re
from typing import Annotated

from fastapi import Depends, Header

from chassis.access import OptionalPrincipal, Principal, requires
from chassis.problems import ProblemError, ProblemSpec

ORGANIZER = "organizer"

Organizer = Annotated[Principal, requires(ORGANIZER)]

IF_MATCH_INVALID = ProblemSpec(400, "if-match-invalid", "The If-Match header is not valid")


def is_organizer(principal: OptionalPrincipal) -> bool:
    """Whether the caller, if any, is an organizer."""
    return principal is not None and ORGANIZER in principal.roles


SeenByOrganizer = Annotated[bool, Depends(is_organizer)]


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
