"""The offer of a membership to whoever an e-mail address belongs to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.domain.roles import Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """Good until it is accepted, revoked or over; `email` is normalised."""

    invitation_id: UUID
    organization_id: UUID
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class InvitationNotFound(Exception):
    """No such invitation: accepted, revoked, over, or of another organization."""

    def __init__(self) -> None:
        super().__init__("The organization has no such open invitation.")


class InvitationForAnother(Exception):
    """The invitation is good, but for another e-mail address than the one the account has verified."""

    def __init__(self) -> None:
        super().__init__("The invitation is for another e-mail address: log in with the account that has it.")


def check_invited(*, invited: str, email_fingerprint: str, is_verified: bool) -> None:
    """Raises InvitationForAnother unless the account's verified e-mail is the `invited` one."""
    if not is_verified or email_fingerprint != invited:
        raise InvitationForAnother
