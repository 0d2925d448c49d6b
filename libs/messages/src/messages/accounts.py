"""Messages of the accounts service: what a person is to be told, and that they are known or gone.

They carry identifiers and keyed fingerprints, never an e-mail address, a name or a token: whoever
writes the mail asks accounts for those, at the moment of writing.
"""

from typing import ClassVar
from uuid import UUID

from messages.base import Message


class _AccountMessage(Message):
    account_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.account_id


class EmailVerificationRequested(_AccountMessage):
    """A new account waits for its e-mail to be verified; asked again, with another request id."""

    message_type: ClassVar[str] = "accounts.email_verification_requested.v1"

    mail_request_id: UUID


class RegistrationRepeated(_AccountMessage):
    """Somebody registered with the e-mail of an account that exists: only its owner is told."""

    message_type: ClassVar[str] = "accounts.registration_repeated.v1"

    mail_request_id: UUID


class PasswordResetRequested(_AccountMessage):
    """Somebody asked for a new password for an account that exists."""

    message_type: ClassVar[str] = "accounts.password_reset_requested.v1"

    mail_request_id: UUID


class PasswordChanged(_AccountMessage):
    """An account has another password; its owner hears of it, in case it was not them."""

    message_type: ClassVar[str] = "accounts.password_changed.v1"

    mail_request_id: UUID


class InvitationMade(Message):
    """Somebody is asked to join an organization; the address may belong to no account."""

    message_type: ClassVar[str] = "accounts.invitation_made.v1"

    invitation_id: UUID
    organization_id: UUID
    mail_request_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.invitation_id


class EmailVerified(_AccountMessage):
    """An account's e-mail is proved to be its owner's; `email_fingerprint` as chassis.fingerprints has it."""

    message_type: ClassVar[str] = "accounts.email_verified.v1"

    email_fingerprint: str


class AccountErased(_AccountMessage):
    """An account is gone with everything that named its person; others erase what they keep of it."""

    message_type: ClassVar[str] = "accounts.account_erased.v1"

    email_fingerprint: str
