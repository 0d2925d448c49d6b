"""Which error about organizations and invitations is which problem document."""

from collections.abc import Mapping

from accounts.domain.invitations import InvitationForAnother, InvitationNotFound
from accounts.domain.organizations import (
    LastOrganizer,
    MemberNotFound,
    OrganizationNotFound,
    OrganizerNeeded,
)
from chassis.problems import FORBIDDEN, ProblemSpec

ORGANIZATION_NOT_FOUND = ProblemSpec(404, "organization-not-found", "There is no such organization")
MEMBER_NOT_FOUND = ProblemSpec(404, "member-not-found", "The organization has no such member")
LAST_ORGANIZER = ProblemSpec(409, "last-organizer", "The organization would have no organizer")
INVITATION_NOT_FOUND = ProblemSpec(404, "invitation-not-found", "There is no such open invitation")
INVITATION_FOR_ANOTHER = ProblemSpec(
    403, "invitation-for-another", "The invitation is for another e-mail address"
)

PROBLEMS: Mapping[type[Exception], ProblemSpec] = {
    InvitationForAnother: INVITATION_FOR_ANOTHER,
    InvitationNotFound: INVITATION_NOT_FOUND,
    LastOrganizer: LAST_ORGANIZER,
    MemberNotFound: MEMBER_NOT_FOUND,
    OrganizationNotFound: ORGANIZATION_NOT_FOUND,
    OrganizerNeeded: FORBIDDEN,
}
