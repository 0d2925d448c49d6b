"""Why accounts has a mail sent, and how long a mail and its link are good."""

from enum import StrEnum


class MailKind(StrEnum):
    EMAIL_VERIFICATION = "email_verification"
    """To prove an address; its link verifies the account."""

    REGISTRATION_REPEATED = "registration_repeated"
    """Somebody registered again with the address of a verified account; no link."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 -- a word for a mail
    """Its link sets a new password."""

    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- as above
    """The password was changed or reset; no link."""

    INVITATION = "invitation"
    """To join an organization; its link accepts."""


LINKING_KINDS = frozenset({MailKind.EMAIL_VERIFICATION, MailKind.PASSWORD_RESET, MailKind.INVITATION})
"""Mails with a link that does something, once."""
