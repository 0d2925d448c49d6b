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

NEWS_S = 7 * 86_400
"""A mail without a link is not sent any more when it could not be for this long."""


class LinkInvalid(Exception):
    """A link's token is wrong, used up or over; which of it is not told."""

    def __init__(self) -> None:
        super().__init__("The link is wrong, used up or over: ask for a new one.")
